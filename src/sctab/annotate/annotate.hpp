#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/annotate/cell_levels.hpp"
#include "sctab/annotate/outputs.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/cell_source.hpp"
#include "sctab/model/classifier.hpp"

namespace sctab::annotate {

/// Label and id of cells without any counts in the model's genes, and the id of labels without a term. The probability
/// of such cells is 0 and their embedding all zeros, because a missing value would not survive every reader of the
/// file.
inline constexpr std::string_view kUnknown = "unknown";

/// The largest --batch-size: beyond some thousand cells, more only take memory.
inline constexpr std::int64_t kMostCellsOfBatch = 1'000'000;

struct AnnotateOptions {
  formats::OpenOptions open;
  formats::InputKind input = formats::InputKind::kCounts;
  std::string matrix;              // to take the values from, "layers/counts"; empty: found
  double min_genes_found = 0.10;   // share of the model's genes; a file with fewer is refused
  std::int64_t batch_size = 2048;  // cells read and predicted at once
  CovariateOptions covariate;      // for models that have one
  int threads = 0;                 // 0: all processors
  kernels::Device device = kernels::Device::kCpu;
  kernels::Precision precision = kernels::Precision::kFloat;
  void validate() const;  // throws InputError naming the field
};

/// Where the levels of the model's covariate came from.
struct CovariateUse {
  std::string column, source;                          // "tissue", "obs column tissue"
  std::int64_t n_without = 0;                          // cells without a level, which the genes alone decide
  std::map<std::string, std::int64_t> unknown_values;  // values of obs that are not levels: number of cells
};

struct AnnotateResult {
  std::filesystem::path file;
  std::vector<Output> outputs;
  std::int64_t n_cells = 0, n_unknown = 0;  // unknown: cells with no counts in the model's genes
  std::int64_t genes_found = 0, genes_of_model = 0;
  std::int64_t genes_repeated = 0;  // columns of the file that name a gene again; they were summed
  std::string counts_source;        // "raw/X holds integers"
  std::vector<std::string> notes;   // on the file, a sentence each
  std::map<std::string, std::int64_t> cells_per_type;
  std::map<std::string, double> median_uncertainty_per_type;  // over the cells called so
  std::optional<CovariateUse> covariate{};                    // for models that have one
  std::optional<model::PrecisionCost> half_precision_cost;    // if half precision was asked for: on the first cells
  double seconds = 0;
};
nlohmann::json to_json(const AnnotateResult& result);

/// What became of one of several files: a result or an error.
struct FileReport {
  std::filesystem::path file;
  std::optional<AnnotateResult> result;
  std::optional<core::InputError> error;
};

/// A model that labels files, loaded once.
class Annotator {
 public:
  /// model: a model directory. Throws InputError for a bad model or options.
  Annotator(const std::filesystem::path& model, AnnotateOptions options);

  [[nodiscard]] const model::ModelDescription& model() const { return classifier_.description(); }

  /// Labels every cell of a file and writes the outputs of the job, all of them or none; earlier files stay until the
  /// new ones are whole. The h5ad output is a copy of the input, or where it is of another format, made of its cells,
  /// with obs sctab_cell_type, sctab_cell_type_ontology_term_id, sctab_probability and sctab_uncertainty, obsm X_sctab
  /// and uns sctab. Cells are read and normalised once, however many members the model has. Bounded memory. Throws
  /// InputError naming the file, also where it changed meanwhile.
  AnnotateResult annotate(const Job& job) const;

  /// annotate() for each job. A file that fails does not stop the others. on_file sees each report at once; it may be
  /// empty.
  std::vector<FileReport> annotate_all(std::span<const Job> jobs,
                                       const std::function<void(const FileReport&)>& on_file = {}) const;

 private:
  std::string model_hash_;
  AnnotateOptions options_;
  model::Classifier classifier_;
  std::string ontology_version_;
};

}  // namespace sctab::annotate
