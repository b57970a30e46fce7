#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/cell_source.hpp"
#include "sctab/model/model_directory.hpp"

namespace sctab::annotate {

/// Where the cells of a file get their level of the model's covariate from: their obs, unless one of these is given.
struct CovariateOptions {
  std::string tissue{};  // of all cells: a name or a UBERON id; without effect on models without a tissue covariate
  std::string obs{};     // "assay=10x 3' v3": as if all cells of the file had this value
  bool without = false;  // no cell has a level
};

/// The level of each cell of a file.
struct CellLevels {
  std::vector<model::LevelIndex> levels;               // one per cell; empty for a model without covariate
  std::string source;                                  // "obs column tissue_general", "--tissue lung", …
  std::int64_t n_without = 0;                          // cells without a level
  std::map<std::string, std::int64_t> unknown_values;  // of the column, neither levels nor "nan" and such: cells
};

/// Whether CovariateOptions::tissue has an effect.
bool takes_tissue(const model::ModelDescription& model);

/// Reads the first of the covariate's columns that the file has, as `corpus build` would (EFO terms of assays become
/// their names); without any, no cell has a level. Throws InputError for options that exclude each other or are without
/// effect on this model, and for a value that it does not know, naming those that it knows.
CellLevels cell_levels(const formats::CellSource& file, const model::ModelDescription& model,
                       const CovariateOptions& options);

/// The name of a UBERON id ("UBERON:0002048" -> "lung", in any case), for the organs that CELLxGENE has as
/// tissue_general. Empty for any other text.
std::string_view tissue_name(std::string_view id);

}  // namespace sctab::annotate
