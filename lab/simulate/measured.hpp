#pragma once

#include <array>
#include <cstddef>
#include <span>

/// What real cells look like, in numbers, from tools/measure_profiles.py on five droplet studies of blood (two), liver,
/// breast and pancreas and, for donors, two studies of blood with 8 and 40 donors. These are summaries over genes and
/// cells, not data of single ones. Where measuring weakens an effect (pseudocounts, soup), the figure is the one with
/// which the script finds the same on simulated cells as on real ones, and the measured one is given as "Found".
namespace sctab::simulate::measured {

/// A point of a curve that is straight between its points and flat outside them.
struct Knot {
  double x, y;
};

inline double interpolate(std::span<const Knot> knots, double x) {
  if (!(x > knots.front().x)) return knots.front().y;
  for (std::size_t i = 1; i < knots.size(); ++i) {
    if (x > knots[i].x) continue;
    const Knot &a = knots[i - 1], &b = knots[i];
    return a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x);
  }
  return knots.back().y;
}

/// Fraction of genes -> log of the mean counts per 10,000 below which they lie, within one type. All logarithms are
/// natural.
inline constexpr std::array<Knot, 15> kLogMeanQuantiles = {{{0.0, -9.21},
                                                            {0.1, -9.0},
                                                            {0.2, -8.06},
                                                            {0.3, -6.15},
                                                            {0.4, -4.53},
                                                            {0.5, -2.74},
                                                            {0.6, -2.17},
                                                            {0.7, -1.62},
                                                            {0.8, -1.03},
                                                            {0.9, -0.23},
                                                            {0.95, 0.45},
                                                            {0.98, 1.35},
                                                            {0.99, 2.21},
                                                            {0.999, 4.25},
                                                            {1.0, 5.42}}};

/// The curve contains the effects of type and study (about 1.4 of a variance of 4.5 in its upper half), which are added
/// separately: without them a gene's level is closer to the median, by this factor.
inline constexpr double kLevelSpread = 0.80;

/// Log of the mean counts per 10,000 -> dispersion phi of var = mu + phi mu^2, within one donor and type, the mean over
/// genes. Found: 0.58 for means of 1 to 3 and 0.15 for means over 30, pooled.
inline constexpr std::array<Knot, 7> kDispersion = {
    {{-1.7, 1.60}, {-0.6, 0.88}, {0.55, 0.78}, {1.7, 0.68}, {2.85, 0.48}, {4.0, 0.22}, {5.15, 0.22}}};
/// Spread (sd of the logarithm) of phi between genes of one mean: the median gene has a third of the mean.
inline constexpr double kDispersionSpread = 1.4;

/// Quantiles of the log library size around the median of its donor and type: more cells far above than far below.
inline constexpr std::array<Knot, 9> kLogLibraryQuantiles = {{{0.001, -1.41},
                                                              {0.01, -1.10},
                                                              {0.05, -0.71},
                                                              {0.25, -0.24},
                                                              {0.5, 0.0},
                                                              {0.75, 0.25},
                                                              {0.95, 0.76},
                                                              {0.99, 1.21},
                                                              {0.999, 2.10}}};
inline constexpr double kLogLibrarySdOfTypes = 0.38;
inline constexpr double kLogLibrarySdOfDonors = 0.27;

/// An ontology term moves few genes, but strongly. Found: the log ratio between two types has a variance of 0.059
/// for each term that is above only one of them, and a kurtosis of 10 for 4 to 7 such terms and 5.4 for 13 to 19.
inline constexpr double kGenesMovedByTerm = 0.04;
inline constexpr double kEffectSdOfTerm = 1.27;

/// Cells of one type differ in state. Found: along the axis to another type they spread with a standard deviation of
/// 0.20 of the distance between the two if up to 7 terms separate them, and of 0.10 or less beyond. Only the first is
/// imitated (with 0.15 found): a cell takes a part of its counts, |N(0, sd)| and at most half, from a
/// relative.
inline constexpr std::size_t kTermsApartOfRelatives = 7;
inline constexpr double kPartOfRelativeSd = 0.22;

/// Between donors a third of the genes vary (mean variance of all genes 0.020 and 0.085 in the two studies, most of it
/// in few genes), and about a third of that variance is shared by the types of a donor.
inline constexpr double kGenesVaryingByDonor = 0.35;
inline constexpr double kDonorVarianceShared = 0.3;

/// Between studies, all genes. Found: log ratios of one type between two studies have a variance of 0.6.
inline constexpr double kEffectSdOfStudy = 0.65;

/// Fraction of a cell's counts that is soup of its sample: 1% to 25%.
inline constexpr double kAmbientMedian = 0.05;
inline constexpr double kAmbientLogSd = 0.8;
inline constexpr double kAmbientMost = 0.35;

}  // namespace sctab::simulate::measured
