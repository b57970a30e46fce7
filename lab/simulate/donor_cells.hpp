#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lab/simulate/cohort.hpp"
#include "lab/simulate/expression.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::simulate {

/// The obs of one cell, as positions in the tables of the same names.
struct CellFacts {
  std::uint8_t tissue = 0, type = 0, assay = 0;
  bool primary = true, donor_known = true;
};

struct CellBlock {
  sparse::CsrMatrix counts;
  std::vector<CellFacts> facts;
};

/// Everything needed to draw the cells of one donor. Immutable, so threads may share it; about 300 kB per type.
class DonorCells {
 public:
  /// donor: position in the cohort. Both references must outlive this.
  DonorCells(const Cohort& cohort, const ExpressionModel& model, std::size_t donor, std::uint64_t seed,
             core::ThreadPool& pool);

  /// Cells [begin, end) of the whole simulation, which must be this donor's. Depends only on the seed and the cells.
  [[nodiscard]] CellBlock draw(CellIndex begin, CellIndex end) const;

 private:
  [[nodiscard]] CellFacts draw_facts(core::Rng& rng) const;
  void draw_counts(CountSampler& sampler, const CellFacts& facts, core::Rng& rng) const;
  [[nodiscard]] double draw_library(core::Rng& rng, const CellFacts& facts) const;

  const Cohort& cohort_;
  const Donor& donor_;
  core::Rng rng_;
  sparse::GeneIndex n_genes_;
  std::vector<double> cumulative_;                       // of donor_.kinds
  std::vector<std::optional<CountProfile>> of_types_;    // those the donor has
  std::vector<std::optional<CountProfile>> of_tissues_;  // the soup: the mean of the tissue's cells
  std::vector<std::vector<std::size_t>> relatives_;      // of each type, those the donor has
};

}  // namespace sctab::simulate
