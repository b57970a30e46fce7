#include "sctab/annotate/annotate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "sctab/annotate/annotated_copy.hpp"
#include "sctab/annotate/cell_stream.hpp"
#include "sctab/annotate/gene_match.hpp"
#include "sctab/annotate/labels.hpp"
#include "sctab/annotate/output_pair.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/model/classifier.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::annotate {
namespace fs = std::filesystem;
namespace {

/// A file's cells as the network takes them.
struct Cells {
  CellStream& stream;
  std::int64_t n_cells;
  const std::optional<model::Covariate>& covariate;
  const CellLevels& levels;

  /// log_norm: the genes of cells first, first + 1, …
  [[nodiscard]] sparse::CsrView with_levels(sparse::CsrView log_norm, std::int64_t first,
                                            sparse::CsrMatrix& memory) const {
    if (!covariate) return log_norm;
    return model::with_levels(
        *covariate, log_norm,
        std::span(levels.levels).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(log_norm.n_cells)),
        memory);
  }
};

/// Predicts every cell of the stream. Embeddings go to obsm/X_sctab block by block: they are most of the output.
Labels predict(Cells cells, const model::Classifier& classifier, const AnnotateOptions& options, AnnotatedCopy& copy,
               std::optional<model::PrecisionCost>& half_precision_cost) {
  core::Progress progress("annotating", cells.n_cells);
  Labels labels(classifier.description().cell_types);
  sparse::CsrMatrix log_norm, with_levels;
  while (cells.stream.next(log_norm)) {
    core::check_interrupt();
    const sparse::CsrView x = cells.with_levels(log_norm.view(), labels.n_cells(), with_levels);
    if (options.precision == kernels::Precision::kHalf && !half_precision_cost) {
      half_precision_cost = classifier.cost_of_half_precision(x);
    }
    model::Prediction prediction = classifier.predict(x);
    labels.append(log_norm.view(), prediction);
    copy.append_obsm("X_sctab", prediction.n_embedding, prediction.embedding);
    progress.advance(log_norm.n_cells);
  }
  if (cells.n_cells == 0) copy.append_obsm("X_sctab", model::embedding_width(classifier.description().architecture), {});
  progress.finish();
  return labels;
}

/// uns/sctab: what a reader of the file needs to know of how the labels came to be.
nlohmann::json provenance(const AnnotateResult& result, const AnnotateOptions& options,
                          const model::ModelDescription& model) {
  nlohmann::json json = {{"model", model.name},
                         {"model_hash", model::model_hash(options.model)},
                         {"members", model.members.size()},
                         {"cell_ontology_version", ontology::Ontology::from_json(model.ontology, model.name).version()},
                         {"genes_found", result.genes_found},
                         {"genes_of_model", result.genes_of_model},
                         {"genes_repeated", result.genes_repeated},
                         {"counts_source", result.counts_source},
                         {"precision", options.precision == kernels::Precision::kHalf ? "half" : "float"},
                         {"input", options.input == h5ad::InputKind::kCounts ? "counts" : "log-normalised"},
                         {"sctab_version", SCTAB_VERSION}};
  if (const auto& covariate = result.covariate) {
    json["covariate"] = covariate->column;
    json["covariate_source"] = covariate->source;
    json["cells_without_level"] = covariate->n_without;
  }
  return json;
}

/// How `--threads` are shared out.
struct ThreadShares {
  int network, readers, readers_beside;
};

/// Reading costs about a sixth of what the network does, and each reader holds a block or two. Where the network may
/// have all processors of the machine (more threads than that are of no use), the system shares them out by who has
/// work: readers are a quarter as many, and no fewer than 4 nor more than 16. Where it may not, no more than `threads`
/// work at a time, but for that which copies the file and mostly waits for the disk: a quarter of them read beside the
/// network, which of fewer than four would take too many away, and all of them while it waits for a block.
ThreadShares share_threads(int threads) {
  constexpr int kLeastReaders = 4, kMostReaders = 16;
  const int all = core::default_threads();
  if (threads == 0 || threads >= all) {
    const int readers = std::min(all, std::clamp(all / 4, kLeastReaders, kMostReaders));
    return {all, readers, readers};
  }
  const int beside = std::min(threads / 4, kMostReaders);
  return {threads - beside, std::min(threads, kMostReaders), beside};
}

}  // namespace

void AnnotateOptions::validate() const {
  if (batch_size < 1) throw core::InputError(fmt::format("batch size {}: at least 1 cell is needed", batch_size));
  if (threads < 0) throw core::InputError(fmt::format("threads {}: 0 (all) or more are needed", threads));
  if (!(min_genes_found >= 0 && min_genes_found <= 1)) {
    throw core::InputError(fmt::format("share of genes found {}: must lie in 0 to 1", min_genes_found));
  }
}

AnnotateResult annotate_file(const fs::path& path, const AnnotateOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  options.validate();
  const h5ad::File file(path);
  const OutputPaths outputs = choose_outputs(path, {options.output, options.csv});
  const ThreadShares threads = share_threads(options.threads);
  const auto classifier = model::Classifier::load(options.model, {.threads = threads.network,
                                                               .batch_size = options.batch_size,
                                                               .device = options.device,
                                                               .dense = options.dense,
                                                               .precision = options.precision});
  const model::ModelDescription& model = classifier.description();
  const h5ad::Strings cell_names =
      file.obs_names();  // now, so that damage in them does not come to light at the end
  const h5ad::CountsSource source = h5ad::find_counts(file, options.input, options.counts);
  const GeneMatch genes = match_genes(file, source.matrix_path, model.genes, options.min_genes_found);

  const CellLevels levels = cell_levels(file, model, options.covariate);

  AnnotateResult result;
  if (model.covariate) {
    result.covariate = {model.covariate->column, levels.source, levels.n_without, levels.unknown_values};
  }
  result.output = outputs.h5ad;
  result.csv = outputs.csv;
  result.genes_found = genes.alignment.n_found();
  result.genes_of_model = model.genes.size();
  result.genes_repeated = genes.alignment.n_repeated();
  result.counts_source = source.reason;

  core::StagedOutput h5ad(outputs.h5ad), csv(outputs.csv);
  AnnotatedCopy copy(path, h5ad.path(), file.n_cells());
  CellStream stream(
      file, source, genes,
      {.cells_per_block = options.batch_size, .threads = threads.readers, .threads_beside = threads.readers_beside});
  const Labels labels =
      predict({stream, file.n_cells(), model.covariate, levels}, classifier, options, copy, result.half_precision_cost);
  for (const h5ad::Column& column : labels.obs_columns()) copy.put_obs(column);
  copy.put_uns("sctab", provenance(result, options, model));
  copy.close();
  labels.write_csv(csv.path(), cell_names);
  core::check_interrupt();
  commit_both(h5ad, csv);

  result.n_cells = labels.n_cells();
  result.n_unknown = labels.n_unknown();
  result.cells_per_type = labels.cells_per_type();
  result.median_uncertainty_per_type = labels.median_uncertainty_per_type();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace sctab::annotate
