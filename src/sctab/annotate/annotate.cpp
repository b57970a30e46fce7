#include "sctab/annotate/annotate.hpp"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "sctab/anndata/writer.hpp"
#include "sctab/annotate/cell_stream.hpp"
#include "sctab/annotate/file_copy.hpp"
#include "sctab/annotate/gene_match.hpp"
#include "sctab/annotate/labels.hpp"
#include "sctab/annotate/output_pair.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/nn/classifier.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::annotate {
namespace fs = std::filesystem;
namespace {

/// Predicts every cell of the stream. Embeddings go to obsm/X_sctab block by block: they are most of the output.
Labels predict(CellStream& stream, const nn::Classifier& classifier, std::int64_t n_cells,
               anndata::Appender& appender) {
  core::Progress progress("annotating", n_cells);
  Labels labels(classifier.description().cell_types);
  sparse::CsrMatrix log_norm;
  while (stream.next(log_norm)) {
    core::check_interrupt();
    nn::Prediction prediction = classifier.predict(log_norm.view());
    if (labels.n_cells() == 0) appender.begin_obsm("X_sctab", n_cells, prediction.n_embedding);
    labels.append(log_norm.view(), prediction);
    appender.append_obsm(prediction.embedding);
    progress.advance(log_norm.n_cells);
  }
  if (n_cells == 0) appender.begin_obsm("X_sctab", 0, nn::embedding_width(classifier.description().architecture));
  progress.finish();
  return labels;
}

/// uns/sctab: what a reader of the file needs to know of how the labels came to be.
nlohmann::json provenance(const AnnotateResult& result, const AnnotateOptions& options,
                          const nn::ModelDescription& model) {
  return {{"model", model.name},
          {"model_hash", nn::model_hash(options.model)},
          {"cell_ontology_version", ontology::Ontology::from_json(model.ontology, model.name).version()},
          {"genes_found", result.genes_found},
          {"genes_of_model", result.genes_of_model},
          {"genes_repeated", result.genes_repeated},
          {"counts_source", result.counts_source},
          {"input", options.input == anndata::InputKind::kCounts ? "counts" : "log-normalised"},
          {"sctab_version", SCTAB_VERSION}};
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
  const anndata::File file(path);
  const OutputPaths outputs = choose_outputs(path, {options.output, options.csv});
  const auto classifier =
      nn::Classifier::load(options.model, {.threads = options.threads, .batch_size = options.batch_size});
  const nn::ModelDescription& model = classifier.description();
  const anndata::CountsSource source = anndata::find_counts(file, options.input, options.counts);
  const GeneMatch genes = match_genes(file, source.matrix_path, model.genes, options.min_genes_found);

  AnnotateResult result;
  result.output = outputs.h5ad;
  result.csv = outputs.csv;
  result.genes_found = genes.alignment.n_found();
  result.genes_of_model = model.genes.size();
  result.genes_repeated = genes.alignment.n_repeated();
  result.counts_source = source.reason;

  core::StagedOutput h5ad(outputs.h5ad), csv(outputs.csv);
  duplicate_file(path, h5ad.path());
  anndata::Appender appender(h5ad.path());
  CellStream stream(file, source, genes, options.batch_size);
  const Labels labels = predict(stream, classifier, file.n_cells(), appender);
  for (const anndata::Column& column : labels.obs_columns()) appender.put_obs(column);
  appender.put_uns("sctab", provenance(result, options, model));
  appender.close();
  labels.write_csv(csv.path(), file.obs_names());
  core::check_interrupt();
  commit_both(h5ad, csv);

  result.n_cells = labels.n_cells();
  result.n_unknown = labels.n_unknown();
  result.cells_per_type = labels.cells_per_type();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace sctab::annotate
