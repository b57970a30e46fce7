#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sctab/core/index.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::model {

using LevelIndex = std::int32_t;
inline constexpr LevelIndex kNoLevel = -1;  // for a cell whose level is unknown, or not one of the model's

/// What a network sees of a cell in addition to its genes: a column of obs, one input a level, behind the genes.
struct Covariate {
  std::string column;                    // as stores name it: "tissue"
  std::vector<std::string> obs_columns;  // names of it in files; the first that is there counts
  std::vector<std::string> levels;       // distinct, in the order of the inputs
  float value = 1;                       // of the input of a cell's level; all others are 0

  /// kNoLevel where the text is none of the levels.
  [[nodiscard]] LevelIndex level(std::string_view text) const;
};

nlohmann::json to_json(const Covariate& covariate);
/// Throws InputError naming `source` if a text, list or number is missing, and if there are no levels or one appears
/// twice.
Covariate covariate_from_json(const nlohmann::json& json, std::string_view source);

/// log_norm: (n_cells × n_genes). levels: one a cell. Returns (n_cells × n_inputs()): cells of no level have no more
/// non-zeros than before. What is returned lies in `memory`, or in log_norm where no cell has a level.
sparse::CsrView with_levels(const Covariate& covariate, sparse::CsrView log_norm, std::span<const LevelIndex> levels,
                            sparse::CsrMatrix& memory);

/// The level of each cell of a file or of a store's split, to be put behind the cells' genes; nothing for a model
/// without a covariate. Immutable: threads may share it.
class CellLevels {
 public:
  CellLevels() = default;
  CellLevels(Covariate covariate, std::vector<LevelIndex> levels)
      : covariate_(std::move(covariate)), levels_(std::move(levels)) {}

  /// One a cell; empty without a covariate.
  [[nodiscard]] const std::vector<LevelIndex>& levels() const { return levels_; }
  /// Cells that have no level.
  [[nodiscard]] core::CellIndex n_without() const;

  /// log_norm: (n_cells × n_genes), of the cells first, first + 1, … Returns with_levels() of it, which lies in
  /// `memory` or in log_norm.
  [[nodiscard]] sparse::CsrView add(sparse::CsrView log_norm, core::CellIndex first, sparse::CsrMatrix& memory) const;
  /// The same for the cells `rows`, with the level of each cell hidden with a chance of `hidden`, drawn from rng.
  [[nodiscard]] sparse::CsrView add(sparse::CsrView log_norm, std::span<const core::CellIndex> rows,
                                    sparse::CsrMatrix& memory, double hidden = 0, core::Rng rng = core::Rng(0)) const;

 private:
  std::optional<Covariate> covariate_;
  std::vector<LevelIndex> levels_;
};

}  // namespace sctab::model
