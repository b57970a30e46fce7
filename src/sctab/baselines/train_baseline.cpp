#include "sctab/baselines/train_baseline.hpp"

#include <fmt/format.h>

#include <chrono>
#include <limits>
#include <nlohmann/json.hpp>

#include "sctab/baselines/celltypist.hpp"
#include "sctab/baselines/centroid.hpp"
#include "sctab/baselines/models.hpp"
#include "sctab/baselines/pca_linear.hpp"
#include "sctab/baselines/xgboost.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/metrics/evaluation_report.hpp"
#include "sctab/nn/classifier.hpp"
#include "sctab/nn/model_directory.hpp"
#include "sctab/nn/torch_runtime.hpp"
#include "sctab/train/evaluate.hpp"

namespace sctab::baselines {
namespace {

using nn::ModelKind;

void check_options(const BaselineOptions& options) {
  SCTAB_ASSERT(!nn::is_network(options.kind));
  const auto refuse = [&](bool given, std::string_view option, std::string_view of) {
    if (!given) return;
    throw core::InputError(
        fmt::format("{}: is an option of {}, and the model is {}; leave it out", option, of, nn::name(options.kind)));
  };
  refuse(options.library_defaults && options.kind != ModelKind::kXgboost, "--preset defaults", "xgboost");
  refuse(options.n_components.has_value() && !nn::uses_components(options.kind), "--components",
         "models on principal components");
}

void check_corpus(const store::Store& store, const train::CorpusSize& size) {
  if (size.n_train > 0 && size.n_types_trained() >= 2) return;
  throw core::InputError(
      fmt::format("{}: {} training cells of {} types, and at least 2 types are needed; build it from "
                  "more sources or donors",
                  store.directory().string(), size.n_train, size.n_types_trained()));
}

PcaOptions pca_options(const BaselineOptions& options) {
  PcaOptions pca{.seed = options.seed};
  pca.n_components = options.n_components.value_or(pca.n_components);
  return pca;
}

Fitted fit(const Corpus& corpus, const BaselineOptions& options) {
  switch (options.kind) {
    case ModelKind::kCentroid:
      return fit_centroid(corpus);
    case ModelKind::kCelltypist:
      return fit_celltypist(corpus);
    case ModelKind::kPcaLinear: {
      PcaLinearOptions linear;
      linear.pca = pca_options(options);
      return fit_pca_linear(corpus, linear);
    }
    default: {
      XgboostOptions trees = options.library_defaults ? XgboostOptions::defaults() : XgboostOptions{};
      trees.pca = pca_options(options);
      return fit_xgboost(corpus, trees);
    }
  }
}

nn::ModelDescription describe(const Corpus& corpus, const Fitted& fitted, ModelKind kind, std::string name) {
  nn::ModelDescription description;
  description.name = std::move(name);
  description.architecture.kind = kind;
  description.architecture.n_genes = corpus.size.n_genes;
  description.architecture.n_types = corpus.size.n_types();
  description.architecture.n_components = fitted.n_components;
  description.genes = corpus.store.genes();
  for (const auto& [label, id] : corpus.store.tables().cell_types) description.cell_types.push_back({label, id});
  description.ontology = corpus.store.ontology();
  description.training = {{"store", corpus.store.directory().filename().string()},
                          {"store_hash", corpus.store.hash()},
                          {"n_train_cells", corpus.size.n_train},
                          {"n_val_cells", corpus.size.n_val},
                          {"n_types_trained", corpus.size.n_types_trained()},
                          {"cells_per_type", corpus.size.cells_per_type},
                          {"seed", corpus.seed},
                          {"baseline", fitted.facts}};
  return description;
}

}  // namespace

BaselineResult train_baseline(const store::Store& store, const BaselineOptions& options,
                              const std::filesystem::path& out) {
  check_options(options);
  const Corpus corpus{store, train::corpus_size(store), options.threads, options.seed};
  check_corpus(store, corpus.size);
  core::require_replaceable_directory(out, "config.json");
  core::StagedOutput staged(out);
  register_models();
  nn::set_torch_threads(options.threads);

  const auto start = std::chrono::steady_clock::now();
  const Fitted fitted = fit(corpus, options);
  BaselineResult result{.val_macro_f1 = std::numeric_limits<double>::quiet_NaN(),
                        .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
                        .facts = fitted.facts};
  const std::filesystem::path& model = staged.path();
  std::filesystem::create_directories(model);
  nn::ModelDescription description = describe(corpus, fitted, options.kind, staged.target().filename().string());
  fitted.arrays.write(model / description.members.front());
  nn::write_description(model, description);
  if (corpus.size.n_val > 0) {
    const auto classifier = nn::Classifier::load(model, {.threads = options.threads});
    const auto scores = train::evaluate_model(classifier, store, store::Split::kVal, {.threads = options.threads});
    description.metrics = metrics::evaluation_json(scores.evaluation, scores.labels, scores.ids);
    description.metrics["split"] = store::name(store::Split::kVal);
    nn::write_description(model, description);
    result.val_macro_f1 = scores.evaluation.corrected.macro_f1;
  }
  staged.commit();
  return result;
}

}  // namespace sctab::baselines
