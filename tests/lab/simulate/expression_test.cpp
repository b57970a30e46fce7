#include "lab/simulate/expression.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lab/simulate/lineage.hpp"
#include "lab/simulate/measured.hpp"

namespace sctab::simulate {
namespace {

constexpr sparse::GeneIndex kGenes = 19'331;

class Expression : public ::testing::Test {
 protected:
  std::vector<float> shares(std::size_t type, std::uint64_t source, std::uint64_t donor) const {
    return model_.shares(type, donor, model_.donor_effects(source, donor));
  }

  /// Variance over expressed genes (over 1 in 10,000) of the log ratio of two profiles, as tools/measure_profiles.py
  /// takes it.
  static double distance(const std::vector<float>& a, const std::vector<float>& b) {
    std::vector<double> ratios;
    for (std::size_t gene = 0; gene < a.size(); ++gene) {
      if (a[gene] + b[gene] > 2e-4F)
        ratios.push_back(std::log(static_cast<double>((a[gene] + 5e-5F) / (b[gene] + 5e-5F))));
    }
    const double n = static_cast<double>(ratios.size());
    const double mean = std::accumulate(ratios.begin(), ratios.end(), 0.0) / n;
    double variance = 0;
    for (const double ratio : ratios) variance += (ratio - mean) * (ratio - mean) / n;
    return variance;
  }

  const ontology::Ontology ontology_ = lineage();
  const std::vector<ontology::TermIndex> types_ = {
      ontology_.find("CL:0000787").value(), ontology_.find("CL:0000788").value(),   // memory and naive B cell
      ontology_.find("CL:0000182").value(), ontology_.find("CL:0000679").value()};  // hepatocyte, glutamatergic neuron
  const ExpressionModel model_{ontology_, types_, kGenes, 0.25, 5};
};

TEST_F(Expression, SharesSumToOne) {
  const auto profile = shares(0, 0, 0);
  ASSERT_EQ(profile.size(), static_cast<std::size_t>(kGenes));
  EXPECT_NEAR(std::accumulate(profile.begin(), profile.end(), 0.0), 1, 1e-4);
  for (const float share : profile) EXPECT_TRUE(share >= 0 && share < 0.05F) << share;
}

TEST_F(Expression, SpreadsOverGenesAsMeasured) {
  auto profile = shares(0, 0, 0);
  std::ranges::sort(profile);
  for (const double quantile : {0.7, 0.8, 0.9, 0.95, 0.99}) {
    const double got = std::log(1e4 * static_cast<double>(profile[static_cast<std::size_t>(quantile * kGenes)]));
    // A type is one draw of its effects, and the spread that is taken off for them is one number for all genes.
    EXPECT_NEAR(got, measured::interpolate(measured::kLogMeanQuantiles, quantile), 0.5) << quantile;
  }
}

TEST_F(Expression, RelativesAreAlikeAndDonorsMoreSo) {
  const double donors = distance(shares(0, 0, 0), shares(0, 0, 1));
  const double relatives = distance(shares(0, 0, 0), shares(1, 0, 0));
  const double far = distance(shares(0, 0, 0), shares(2, 0, 0));
  const double studies = distance(shares(0, 0, 0), shares(0, 1, 2));
  // Two donors differ by twice the variance of one: 0.35 of the genes with 0.25², weakened by the 0.5 added to each.
  EXPECT_NEAR(donors, 2 * 0.35 * 0.0625 * 0.6, 0.012);
  // Measured 0.19 for types that are 1 to 3 terms apart, 1.06 for 13 to 19 and 0.6 for studies.
  EXPECT_NEAR(relatives, 0.15, 0.1);
  EXPECT_NEAR(far, 1.3, 0.5);
  EXPECT_NEAR(studies, 0.6, 0.15);
}

TEST_F(Expression, IsAFunctionOfTheSeed) {
  const ExpressionModel same{ontology_, types_, kGenes, 0.25, 5}, other{ontology_, types_, kGenes, 0.25, 6};
  EXPECT_EQ(shares(1, 1, 3), same.shares(1, 3, same.donor_effects(1, 3)));
  EXPECT_NE(shares(1, 1, 3), other.shares(1, 3, other.donor_effects(1, 3)));
  const ExpressionModel no_donors{ontology_, types_, kGenes, 0.0, 5};
  EXPECT_EQ(no_donors.shares(0, 1, no_donors.donor_effects(0, 1)),
            no_donors.shares(0, 2, no_donors.donor_effects(0, 2)));
}

TEST_F(Expression, DispersionFollowsTheMeasuredCurve) {
  const auto profile = shares(0, 0, 0);
  const auto phi = model_.dispersions(profile);
  double sum = 0, sum_of_curve = 0;
  for (std::size_t gene = 0; gene < profile.size(); ++gene) {
    ASSERT_TRUE(phi[gene] > 0) << gene;
    sum += static_cast<double>(phi[gene]);
    const double log_mean = std::log(1e4 * static_cast<double>(profile[gene]));
    sum_of_curve += measured::interpolate(measured::kDispersion, log_mean);
  }
  // Genes differ by a log-normal factor of mean 1 and standard deviation 1.8: 19,331 of them leave 1.3%.
  EXPECT_NEAR(sum / sum_of_curve, 1, 0.065);
}

}  // namespace
}  // namespace sctab::simulate
