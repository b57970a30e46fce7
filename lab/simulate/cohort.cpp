#include "lab/simulate/cohort.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <optional>

#include "lab/simulate/measured.hpp"
#include "sctab/core/rng.hpp"

namespace sctab::simulate {
namespace {

// Today's 10x libraries are deeper than the measured ones: this median gives about 2,000 genes a cell.
constexpr double kMedianLibrary = 5500;
constexpr double kSpreadOfDonorSizes = 0.4;  // sd of the log number of cells
constexpr double kShapeOfTissues = 2.0;      // gamma shape: how evenly a donor gives cells of its tissues
constexpr double kShapeOfTypes = 4.0;        // the same for types within a tissue
constexpr int kLeastAncestors = 8;           // minimum of a label, so that curation keeps it

// Each source takes neighbours on a ring of the tissues that have any of the types, and each tissue is in at least two
// sources: studies share some tissues, but not all.
std::vector<std::vector<std::size_t>> share_out_tissues(std::size_t n_sources, std::size_t n_types) {
  const auto types = cell_types().first(n_types);
  std::vector<std::size_t> found;
  for (std::size_t tissue = 0; tissue < kTissues; ++tissue) {
    if (std::ranges::any_of(types, [&](const CellType& type) { return type.abundance[tissue] > 0; })) {
      found.push_back(tissue);
    }
  }
  const std::size_t n_each = std::min(found.size(), (2 * found.size() + n_sources - 1) / n_sources);
  std::vector<std::vector<std::size_t>> of_sources(n_sources);
  for (std::size_t source = 0; source < n_sources; ++source) {
    for (std::size_t i = 0; i < n_each; ++i) {
      of_sources[source].push_back(found[(source * found.size() / n_sources + i) % found.size()]);
    }
    std::ranges::sort(of_sources[source]);
  }
  return of_sources;
}

std::vector<double> draw_kinds(core::Rng& rng, std::span<const std::size_t> tissues, std::size_t n_types) {
  std::vector<double> kinds(kTissues * n_types, 0.0);
  for (const std::size_t tissue : tissues) {
    const double of_tissue = rng.gamma(kShapeOfTissues);
    double sum = 0;
    const auto types = std::span(kinds).subspan(tissue * n_types, n_types);
    for (std::size_t type = 0; type < n_types; ++type) {
      types[type] = static_cast<double>(cell_types()[type].abundance[tissue]) * rng.gamma(kShapeOfTypes);
      sum += types[type];
    }
    for (double& kind : types) kind *= of_tissue / sum;
  }
  const double sum = std::accumulate(kinds.begin(), kinds.end(), 0.0);
  for (double& kind : kinds) kind /= sum;
  return kinds;
}

// The parent that an author might use as a label: the deepest that curation would keep, or none.
std::optional<ontology::TermIndex> coarser(const ontology::Ontology& ontology, ontology::TermIndex type) {
  std::optional<ontology::TermIndex> best;
  std::size_t depth = kLeastAncestors - 1;
  for (const ontology::TermIndex parent : ontology.parents(type)) {
    const std::size_t ancestors = ontology.ancestors(parent).size();
    if (ancestors <= depth) continue;
    best = parent;
    depth = ancestors;
  }
  return best;
}

// The number of ontology terms that are, or are above, only one of the two.
std::size_t terms_apart(const ontology::Ontology& ontology, ontology::TermIndex a, ontology::TermIndex b) {
  const auto above_a = ontology.ancestors(a), above_b = ontology.ancestors(b);
  std::vector<ontology::TermIndex> apart;
  std::ranges::set_symmetric_difference(above_a, above_b, std::back_inserter(apart));
  return apart.size() + (a == b ? 0 : 2);
}

std::vector<std::vector<std::size_t>> find_relatives(const ontology::Ontology& ontology,
                                                     std::span<const ontology::TermIndex> types) {
  std::vector<std::vector<std::size_t>> relatives(types.size());
  for (std::size_t a = 0; a < types.size(); ++a) {
    for (std::size_t b = 0; b < types.size(); ++b) {
      if (a != b && terms_apart(ontology, types[a], types[b]) <= measured::kTermsApartOfRelatives) {
        relatives[a].push_back(b);
      }
    }
  }
  return relatives;
}

// Every donor gets one cell; the rest are distributed by weight, in order and without loss.
void share_out_cells(std::span<Donor> donors, std::span<const double> weights, CellIndex n_cells) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  const CellIndex rest = n_cells - static_cast<CellIndex>(donors.size());
  double weight = 0;
  CellIndex given = 0, first = 0;
  for (std::size_t i = 0; i < donors.size(); ++i) {
    weight += weights[i];
    const CellIndex until = i + 1 == donors.size()
                                ? rest
                                : std::min<CellIndex>(rest, std::llround(static_cast<double>(rest) * weight / sum));
    donors[i].first_cell = first;
    donors[i].n_cells = 1 + until - given;
    given = until;
    first += donors[i].n_cells;
  }
}

Donor draw_donor(core::Rng rng, const Cohort& cohort, int source) {
  Donor donor;
  donor.source = source;
  donor.assay = rng.below(std::size(kAssays) - 1);
  donor.disease = rng.below(std::size(kDiseases));
  donor.ambient =
      std::min(measured::kAmbientMost, measured::kAmbientMedian * std::exp(measured::kAmbientLogSd * rng.normal()));
  donor.log_library = measured::kLogLibrarySdOfDonors * rng.normal();
  donor.kinds = draw_kinds(rng, cohort.tissues_of_sources[static_cast<std::size_t>(source)], cohort.types.size());
  return donor;
}

}  // namespace

Cohort::Cohort(const SimulateOptions& options, const ontology::Ontology& ontology)
    : tissues_of_sources(
          share_out_tissues(static_cast<std::size_t>(options.n_sources), static_cast<std::size_t>(options.n_types))) {
  const core::Rng rng = core::Rng(options.seed).child("cohort");
  std::vector<std::optional<ontology::TermIndex>> coarse;
  for (const CellType& type : cell_types().first(static_cast<std::size_t>(options.n_types))) {
    types.push_back(ontology.find(type.id).value());
    coarse.push_back(coarser(ontology, types.back()));
    log_library_of_type.push_back(std::log(kMedianLibrary) +
                                  measured::kLogLibrarySdOfTypes * rng.child(type.id).normal());
  }
  relatives = find_relatives(ontology, types);
  std::vector<double> weights;
  for (int source = 0; source < options.n_sources; ++source) {
    const int of_source = options.n_donors / options.n_sources + (source < options.n_donors % options.n_sources);
    for (int i = 0; i < of_source; ++i) {
      core::Rng of_donor = rng.child("donor", donors.size());
      weights.push_back(std::exp(kSpreadOfDonorSizes * of_donor.normal()));
      Donor donor = draw_donor(of_donor.child("traits"), *this, source);
      donor.id = fmt::format("D{:03}", i + 1);
      for (std::size_t type = 0; type < types.size(); ++type) {
        const bool is_coarse = of_donor.uniform() < options.coarse_labels && coarse[type].has_value();
        donor.labels.push_back(is_coarse ? *coarse[type] : types[type]);
      }
      donors.push_back(std::move(donor));
    }
  }
  share_out_cells(donors, weights, options.n_cells);
}

std::span<const Donor> Cohort::donors_of(int source) const {
  const auto begin = std::ranges::lower_bound(donors, source, {}, &Donor::source);
  const auto end = std::ranges::upper_bound(donors, source, {}, &Donor::source);
  return {begin, end};
}

}  // namespace sctab::simulate
