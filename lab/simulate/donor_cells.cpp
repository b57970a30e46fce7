#include "lab/simulate/donor_cells.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "lab/simulate/measured.hpp"
#include "sctab/core/interrupt.hpp"

namespace sctab::simulate {
namespace {

// A few cells for curation to remove.
constexpr double kNotPrimary = 0.01;
constexpr double kOtherAssay = 0.01;
constexpr double kUnknownDonor = 0.005;

double draw_part_of_relative(core::Rng& rng) {
  return std::min(0.5, std::abs(measured::kPartOfRelativeSd * rng.normal()));
}

}  // namespace

DonorCells::DonorCells(const Cohort& cohort, const ExpressionModel& model, std::size_t donor, std::uint64_t seed,
                       core::ThreadPool& pool)
    : cohort_(cohort),
      donor_(cohort.donors[donor]),
      rng_(core::Rng(seed).child("cells")),
      n_genes_(model.n_genes()),
      cumulative_(donor_.kinds.size()),
      of_types_(cohort.types.size()),
      of_tissues_(kTissues),
      relatives_(cohort.types.size()) {
  std::partial_sum(donor_.kinds.begin(), donor_.kinds.end(), cumulative_.begin());
  const auto n_genes = static_cast<std::size_t>(n_genes_);
  const auto effects = model.donor_effects(static_cast<std::uint64_t>(donor_.source), donor);
  std::vector<std::vector<float>> shares(of_types_.size());
  pool.parallel_for(static_cast<std::int64_t>(of_types_.size()), [&](std::int64_t index) {
    const auto type = static_cast<std::size_t>(index);
    double of_type = 0;
    for (std::size_t tissue = 0; tissue < kTissues; ++tissue) of_type += cohort_.share(donor_, tissue, type);
    if (!(of_type > 0)) return;
    shares[type] = model.shares(type, donor, effects);
    of_types_[type].emplace(shares[type], model.dispersions(shares[type]));
  });
  const std::vector<float> poisson(n_genes, 0.0F);
  for (std::size_t tissue = 0; tissue < kTissues; ++tissue) {
    std::vector<float> soup(n_genes, 0.0F);
    double sum = 0;
    for (std::size_t type = 0; type < shares.size(); ++type) sum += cohort_.share(donor_, tissue, type);
    if (!(sum > 0)) continue;
    for (std::size_t type = 0; type < shares.size(); ++type) {
      const auto weight = static_cast<float>(cohort_.share(donor_, tissue, type) / sum);
      for (std::size_t gene = 0; weight > 0 && gene < n_genes; ++gene) soup[gene] += weight * shares[type][gene];
    }
    of_tissues_[tissue].emplace(soup, poisson, 1.0);  // small parts of cells: no gene directly
  }
  for (std::size_t type = 0; type < relatives_.size(); ++type) {
    std::ranges::copy_if(cohort_.relatives[type], std::back_inserter(relatives_[type]),
                         [&](std::size_t other) { return of_types_[other].has_value(); });
  }
}

CellFacts DonorCells::draw_facts(core::Rng& rng) const {
  const double at = rng.uniform() * cumulative_.back();
  auto kind =
      static_cast<std::size_t>(std::upper_bound(cumulative_.begin(), cumulative_.end(), at) - cumulative_.begin());
  while (kind == donor_.kinds.size() || !(donor_.kinds[kind] > 0)) --kind;
  CellFacts facts;
  facts.tissue = static_cast<std::uint8_t>(kind / cohort_.types.size());
  facts.type = static_cast<std::uint8_t>(kind % cohort_.types.size());
  facts.assay = static_cast<std::uint8_t>(rng.uniform() < kOtherAssay ? assays().size() - 1 : donor_.assay);
  facts.primary = rng.uniform() >= kNotPrimary;
  facts.donor_known = rng.uniform() >= kUnknownDonor;
  return facts;
}

double DonorCells::draw_library(core::Rng& rng, const CellFacts& facts) const {
  return std::exp(cohort_.log_library_of_type[facts.type] + donor_.log_library + assays()[facts.assay].log_library +
                  measured::interpolate(measured::kLogLibraryQuantiles, rng.uniform()));
}

void DonorCells::draw_counts(CountSampler& sampler, const CellFacts& facts, core::Rng& rng) const {
  const double library = draw_library(rng, facts);
  const double ambient = donor_.ambient * library;
  double own = library - ambient;
  sampler.add(*of_tissues_[facts.tissue], ambient, rng);
  if (const auto& relatives = relatives_[facts.type]; !relatives.empty()) {
    const double part = own * draw_part_of_relative(rng);
    sampler.add(*of_types_[relatives[rng.below(relatives.size())]], part, rng);
    own -= part;
  }
  sampler.add(*of_types_[facts.type], own, rng);
}

// Cells of one type are drawn together, while its tables are in the cache, and then put in order.
CellBlock DonorCells::draw(CellIndex begin, CellIndex end) const {
  core::check_interrupt();
  CellBlock block;
  std::vector<core::Rng> rngs;
  for (CellIndex cell = begin; cell < end; ++cell) {
    rngs.push_back(rng_.child("cell", static_cast<std::uint64_t>(cell)));
    block.facts.push_back(draw_facts(rngs.back()));
  }
  std::vector<std::size_t> by_type(rngs.size()), place(rngs.size());
  std::iota(by_type.begin(), by_type.end(), std::size_t{0});
  std::ranges::stable_sort(by_type, {}, [&](std::size_t i) { return block.facts[i].type; });
  CountSampler sampler(n_genes_);
  sparse::CsrMatrix drawn;
  drawn.clear(n_genes_);
  for (std::size_t i = 0; i < by_type.size(); ++i) {
    draw_counts(sampler, block.facts[by_type[i]], rngs[by_type[i]]);
    sampler.finish_cell(drawn);
    place[by_type[i]] = i;
  }
  block.counts.clear(n_genes_);
  for (const std::size_t i : place) {
    const sparse::RowView cell = drawn.row(static_cast<CellIndex>(i));
    block.counts.append_row(cell.indices, cell.data);
  }
  return block;
}

}  // namespace sctab::simulate
