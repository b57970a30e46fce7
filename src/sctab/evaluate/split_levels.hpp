#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/model/covariate.hpp"
#include "sctab/sparse/csr.hpp"
#include "sctab/store/store.hpp"

namespace sctab::evaluate {

/// The field that a column of this name is. Throws InputError naming those that can be a covariate.
store::Field covariate_field(std::string_view column);

/// The levels of a split's cells, to be put behind their genes. Immutable: threads may share it.
class SplitLevels {
 public:
  /// Reads the column of the split. Without a covariate there is nothing to put behind the genes. A value that is no
  /// level of the covariate, of a store that it was not made for, is none.
  SplitLevels(const store::Store& store, store::Split split, std::optional<model::Covariate> covariate);
  /// Cells none of which has a level.
  SplitLevels(model::Covariate covariate, store::CellIndex n_cells);

  /// log_norm: (n_cells × n_genes), of the cells `rows` of the split. Returns model::with_levels() of it, which lies in
  /// `memory` or in log_norm.
  [[nodiscard]] sparse::CsrView add(sparse::CsrView log_norm, std::span<const store::CellIndex> rows,
                                    sparse::CsrMatrix& memory) const;
  /// The same with the level of each cell hidden with a chance of `share`, drawn from rng.
  [[nodiscard]] sparse::CsrView add_some(sparse::CsrView log_norm, std::span<const store::CellIndex> rows, double share,
                                         core::Rng rng, sparse::CsrMatrix& memory) const;
  /// Cells of the split that have no level.
  [[nodiscard]] store::CellIndex n_without() const;

 private:
  std::optional<model::Covariate> covariate_;
  std::vector<model::LevelIndex> levels_;  // one a cell of the split
};

}  // namespace sctab::evaluate
