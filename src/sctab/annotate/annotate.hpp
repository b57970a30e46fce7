#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sctab/annotate/cell_levels.hpp"
#include "sctab/model/classifier.hpp"

namespace sctab::annotate {

/// Label and id of cells without any counts in the model's genes, and the id of labels of no term; the former's
/// probability is 0 and their embedding all zeros, because a missing value would not survive every reader of the file.
inline constexpr std::string_view kUnknown = "unknown";

struct AnnotateOptions {
  std::filesystem::path model;
  std::filesystem::path output;  // empty: FILE with .sctab.h5ad for .h5ad, beside it
  std::filesystem::path csv;     // empty: the output with .csv for .h5ad
  h5ad::InputKind input = h5ad::InputKind::kCounts;
  std::string counts;              // matrix to take counts from; empty: found
  double min_genes_found = 0.10;   // of the model's genes; below it the file is refused
  std::int64_t batch_size = 2048;  // cells read and predicted at once
  CovariateOptions covariate;      // of models that have one
  int threads = 0;                 // 0: all processors
  kernels::Device device = kernels::Device::kCpu;
  bool dense = false;  // see model::ClassifierOptions
  kernels::Precision precision = kernels::Precision::kFloat;
  void validate() const;  // throws InputError naming the field
};

/// Where the levels of the model's covariate came from.
struct CovariateUse {
  std::string column, source;                          // "tissue", "obs column tissue"
  std::int64_t n_without = 0;                          // cells of no level, which the genes alone decide
  std::map<std::string, std::int64_t> unknown_values;  // of obs, that are no levels, with their cells
};

struct AnnotateResult {
  std::filesystem::path output, csv;
  std::int64_t n_cells = 0, n_unknown = 0;  // unknown: cells with no counts in the model's genes
  std::int64_t genes_found = 0, genes_of_model = 0;
  std::int64_t genes_repeated = 0;  // columns of the file that name a gene again; they were summed
  std::string counts_source;        // "raw/X holds integers"
  std::map<std::string, std::int64_t> cells_per_type;
  std::map<std::string, double> median_uncertainty_per_type;  // of the cells called so
  std::optional<CovariateUse> covariate{};                    // of models that have one
  std::optional<model::PrecisionCost> half_precision_cost;       // where half precision was asked for: on the first cells
  double seconds = 0;
};

/// Labels every cell of a .h5ad: a copy of the file with obs sctab_cell_type, sctab_cell_type_ontology_term_id,
/// sctab_probability and sctab_uncertainty, obsm X_sctab and uns sctab, all else as it was; and a csv. Cells are read
/// and normalised once, however many members the model has. Bounded memory. Both outputs are whole or absent, and
/// earlier ones stay until both new ones are whole. Throws InputError naming the file.
AnnotateResult annotate_file(const std::filesystem::path& file, const AnnotateOptions& options);

}  // namespace sctab::annotate
