#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
/// Throws InputError naming `source` where a text, list or number is missing, and where there is no level or one twice.
Covariate covariate_from_json(const nlohmann::json& json, std::string_view source);

/// log_norm: (n_cells × n_genes). levels: one a cell. Returns (n_cells × n_inputs()): cells of no level have no more
/// non-zeros than before. What is returned lies in `memory`, or in log_norm where no cell has a level.
sparse::CsrView with_levels(const Covariate& covariate, sparse::CsrView log_norm, std::span<const LevelIndex> levels,
                            sparse::CsrMatrix& memory);

}  // namespace sctab::model
