#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/model/model_directory.hpp"

namespace sctab::annotate {

/// Where the cells of a file get their level of the model's covariate from.
struct CovariateOptions {
  std::string given{};   // "tissue=lung": of all cells of the file; empty: the file's obs
  bool without = false;  // no cell has one
};

/// The level of each cell of a file.
struct CellLevels {
  std::vector<model::LevelIndex> levels;                  // one a cell; empty for a model without covariate
  std::string source;                                  // "obs column tissue_general", "--covariate tissue=lung", …
  std::int64_t n_without = 0;                          // cells of no level
  std::map<std::string, std::int64_t> unknown_values;  // of the column, neither levels nor "nan" and such; their cells
};

/// Reads the first of the covariate's columns that the file has, as `corpus build` would (EFO terms of assays become
/// their names); without any, no cell has a level. Throws InputError
/// where options were given that this model has no use for, or a level that it does not know, naming those it knows.
CellLevels cell_levels(const h5ad::File& file, const model::ModelDescription& model, const CovariateOptions& options);

}  // namespace sctab::annotate
