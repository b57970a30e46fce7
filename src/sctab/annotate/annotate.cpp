#include "sctab/annotate/annotate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "sctab/annotate/cell_stream.hpp"
#include "sctab/annotate/labels.hpp"
#include "sctab/annotate/outputs.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/cell_sink.hpp"
#include "sctab/formats/cell_source.hpp"
#include "sctab/formats/cells_with_results.hpp"
#include "sctab/model/classifier.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::annotate {
namespace fs = std::filesystem;
namespace {

using Copies = std::vector<std::unique_ptr<formats::CellSink>>;

/// Predicts every cell of the stream. Embeddings go to obsm/X_sctab of the copies, if there are any, block by block:
/// they are most of the output. Errors name the file.
Labels predict(CellStream& stream, const formats::CellSource& file, const model::CellLevels& levels,
               const model::Classifier& classifier, bool half_precision, const Copies& copies,
               std::optional<model::PrecisionCost>& half_precision_cost) try {
  core::Progress progress("annotating", file.n_cells());
  Labels labels(classifier.description().cell_types);
  sparse::CsrMatrix log_norm, with_levels;
  while (stream.next(log_norm)) {
    core::check_interrupt();
    const sparse::CsrView genes = log_norm.view();
    const sparse::CsrView x = levels.add(genes, labels.n_cells(), with_levels);
    if (half_precision && !half_precision_cost) half_precision_cost = classifier.cost_of_half_precision(x);
    model::Prediction prediction = classifier.predict(x);
    labels.append(genes, prediction);
    for (const auto& copy : copies) copy->append_obsm("X_sctab", prediction.n_embedding, prediction.embedding);
    progress.advance(log_norm.n_cells);
  }
  if (file.n_cells() == 0) {
    const std::int64_t width = model::embedding_width(classifier.description().architecture);
    for (const auto& copy : copies) copy->append_obsm("X_sctab", width, {});
  }
  progress.finish();
  return labels;
} catch (const core::InputError& error) {
  throw error.within({.file = file.path().string()});
}

/// uns/sctab: what a reader of the file needs to know about the origin of the labels.
nlohmann::json provenance(const AnnotateResult& result, const AnnotateOptions& options,
                          const model::ModelDescription& model, const std::string& model_hash,
                          const std::string& ontology_version) {
  nlohmann::json json = {{"model", model.name},
                         {"model_hash", model_hash},
                         {"members", model.members.size()},
                         {"cell_ontology_version", ontology_version},
                         {"genes_found", result.genes_found},
                         {"genes_of_model", result.genes_of_model},
                         {"genes_repeated", result.genes_repeated},
                         {"counts_source", result.counts_source},
                         {"precision", options.precision == kernels::Precision::kHalf ? "half" : "float"},
                         {"input", options.input == formats::InputKind::kCounts ? "counts" : "log-normalised"},
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

/// Reading costs about a sixth of what the network does, and each reader holds a block or two. If the network may have
/// all processors of the machine (more threads than that are useless), the system shares them out by who has work:
/// readers are a quarter as many, at least 4 and at most 16. If not, no more than `threads` work at a time, apart from
/// the one that copies the file and mostly waits for the disk: a quarter of them read while the network computes (of
/// fewer than four, none), and all of them while it waits for a block.
ThreadShares share_threads(int threads) {
  constexpr int kLeastReaders = 4, kMostReaders = 16;
  const int all = core::default_threads();
  if (threads == 0 || threads >= all) {
    const int readers = std::min(all, std::clamp(all / 4, kLeastReaders, kMostReaders));
    return {all, readers, readers};
  }
  const int readers = std::min(threads / 4, kMostReaders);
  return {threads - readers, std::min(threads, kMostReaders), readers};
}

/// Of a batch as the file has it, by the mean of its cells.
void require_memory_for_batch(const formats::CellSource& file, const formats::CountsSource& source,
                              std::int64_t batch_size) {
  if (file.n_cells() == 0) return;
  constexpr std::int64_t kBytesOfValue = sizeof(core::GeneIndex) + sizeof(float);
  const std::int64_t values_of_cell = source.nnz / file.n_cells() + 1;
  const std::int64_t n_cells = std::min(batch_size, file.n_cells());
  core::require_memory(n_cells, values_of_cell * kBytesOfValue,
                       {.file = file.path().string(),
                        .subject = "--batch-size",
                        .found = fmt::format("{} cells", core::format_count(n_cells)),
                        .next_step = "give a smaller number, or allow more with --memory"});
}

/// Writes the tables of a job to its paths: those that are files, or those that are streams.
void write_tables(const Labels& labels, const Job& job, std::span<const fs::path> paths,
                  std::span<const std::string> cell_names, bool to_streams) {
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const OutputFormat format = job.outputs[i].format;
    if (holds_cells(format) || is_stream(paths[i], format) != to_streams) continue;
    labels.write_table(paths[i], format, cell_names);
  }
}

/// The tables that are streams, once the files are in place.
void print_tables(const Labels& labels, const Job& job, std::span<const fs::path> paths,
                  std::span<const std::string> cell_names) {
  try {
    write_tables(labels, job, paths, cell_names, true);
  } catch (const core::Interrupted&) {
    if (paths.size() == 1) throw;
    throw core::Interrupted("interrupted while the labels were printed; the other outputs are written");
  }
}

AnnotateOptions validated(AnnotateOptions options) {
  options.validate();
  return options;
}

}  // namespace

void AnnotateOptions::validate() const {
  const auto refuse = [](const char* subject, const std::string& found, const std::string& expected) {
    throw core::InputError({.subject = subject, .found = found, .expected = expected});
  };
  if (batch_size < 1 || batch_size > kMostCellsOfBatch) {
    refuse("--batch-size", fmt::format("{}", batch_size), fmt::format("1 to {} cells", kMostCellsOfBatch));
  }
  if (threads < 0 || threads > core::kMostThreads) {
    refuse("--threads", fmt::format("{}", threads), fmt::format("0 (all) to {}", core::kMostThreads));
  }
  if (!(min_genes_found >= 0 && min_genes_found <= 1)) {
    refuse("--min-genes-found", fmt::format("{}", min_genes_found), "a share, 0 to 1");
  }
}

Annotator::Annotator(const fs::path& model, AnnotateOptions options)
    : model_hash_(model::model_hash(model)),
      options_(validated(std::move(options))),
      classifier_(model::Classifier::load(model, {.threads = share_threads(options_.threads).network,
                                                  .batch_size = options_.batch_size,
                                                  .device = options_.device,
                                                  .precision = options_.precision})),
      ontology_version_(ontology::Ontology::from_json(classifier_.description().ontology, model.string()).version()) {
  if (model::model_hash(model) == model_hash_) return;
  throw core::InputError({.file = model.string(),
                          .found = "changed while it was read",
                          .next_step = "run again once nothing writes to the model"});
}

AnnotateResult Annotator::annotate(const Job& job) const {
  const auto start = std::chrono::steady_clock::now();
  const auto opened = formats::open_cells(job.input, options_.open);
  const formats::CellSource& file = *opened;
  formats::log_notes(file);
  const formats::Strings cell_names = file.obs_names();  // first, so that damage in them does not show up at the end
  const formats::CountsSource source = file.find_counts(options_.input, options_.matrix);
  require_memory_for_batch(file, source, options_.batch_size);
  const GeneMatch genes = match_genes(file, source.matrix_path, model().genes, options_.min_genes_found);
  const LevelsFound found = cell_levels(file, model(), options_.covariate);

  AnnotateResult result;
  result.file = job.input;
  result.outputs = job.outputs;
  if (const auto& covariate = model().covariate) {
    result.covariate = {covariate->column, found.source, found.levels.n_without(), found.unknown_values};
  }
  result.genes_found = genes.alignment.n_found();
  result.genes_of_model = model().genes.size();
  result.genes_repeated = genes.alignment.n_repeated();
  result.counts_source = source.reason;
  result.notes = file.notes();

  OutputSet files;
  std::vector<fs::path> paths;  // to write to
  Copies copies;
  for (const auto& [path, format] : job.outputs) {
    paths.push_back(is_stream(path, format) ? path : files.add(path));
    if (!holds_cells(format)) continue;
    copies.push_back(formats::begin_cells_with_results(file, {paths.back(), path, ending(format)}, source));
  }
  const ThreadShares threads = share_threads(options_.threads);
  CellStream stream(
      file, source, genes,
      {.cells_per_block = options_.batch_size, .threads = threads.readers, .threads_beside = threads.readers_beside});
  const bool half_precision = options_.precision == kernels::Precision::kHalf;
  const Labels labels =
      predict(stream, file, found.levels, classifier_, half_precision, copies, result.half_precision_cost);
  result.n_cells = labels.n_cells();
  result.n_unknown = labels.n_unknown();
  result.cells_per_type = labels.cells_per_type();
  result.median_uncertainty_per_type = labels.median_uncertainty_per_type();
  for (const auto& copy : copies) {
    for (const formats::Column& column : labels.obs_columns()) copy->put_obs(column);
    copy->put_uns("sctab", provenance(result, options_, model(), model_hash_, ontology_version_));
    copy->close();
  }
  write_tables(labels, job, paths, cell_names, false);
  file.require_unchanged();
  core::check_interrupt();
  files.commit();
  print_tables(labels, job, paths, cell_names);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

std::vector<FileReport> Annotator::annotate_all(std::span<const Job> jobs,
                                                const std::function<void(const FileReport&)>& on_file) const {
  std::vector<FileReport> reports;
  for (const Job& job : jobs) {
    FileReport& report = reports.emplace_back();
    report.file = job.input;
    try {
      report.result = annotate(job);
    } catch (const core::InputError& error) {
      report.error = error;
    }
    if (on_file) on_file(report);
  }
  return reports;
}

nlohmann::json to_json(const AnnotateResult& result) {
  nlohmann::json json = {{"file", result.file.string()},
                         {"cells", result.n_cells},
                         {"cells_unknown", result.n_unknown},
                         {"cells_per_type", result.cells_per_type},
                         {"median_uncertainty_per_type", result.median_uncertainty_per_type},
                         {"genes_found", result.genes_found},
                         {"genes_of_model", result.genes_of_model},
                         {"genes_repeated", result.genes_repeated},
                         {"counts_source", result.counts_source},
                         {"notes", result.notes},
                         {"covariate", nullptr},            // null for a model without
                         {"half_precision_cost", nullptr},  // null at full precision
                         {"seconds", result.seconds},
                         {"peak_memory_bytes", core::peak_memory_bytes()}};
  for (const Output& output : result.outputs) json[std::string(name(output.format))] = output.path.string();
  if (const auto& found = result.half_precision_cost) {
    json["half_precision_cost"] = {{"cells", found->n_cells},
                                   {"cells_with_same_label", found->n_same_label},
                                   {"largest_probability_difference", found->largest_probability_difference}};
  }
  if (const auto& found = result.covariate) {
    json["covariate"] = {{"column", found->column},
                         {"source", found->source},
                         {"cells_without_level", found->n_without},
                         {"unknown_values", found->unknown_values}};
  }
  return json;
}

}  // namespace sctab::annotate
