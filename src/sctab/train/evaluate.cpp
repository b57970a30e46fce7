#include "sctab/train/evaluate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/metrics/label_join.hpp"
#include "sctab/sparse/normalise.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/train/label_subtypes.hpp"
#include "sctab/train/reader_threads.hpp"

namespace sctab::train {
namespace {

using core::TypeIndex;
using store::Store;

/// The model's ontology, and what only the store's knows.
ontology::Ontology joint_ontology(const nn::ModelDescription& model, const Store& store) {
  const auto ours = ontology::Ontology::from_json(model.ontology, model.name + "/ontology.json");
  const auto theirs = ontology::Ontology::from_json(store.ontology(), (store.directory() / "ontology.json").string());
  std::vector<ontology::Term> terms;
  for (ontology::TermIndex i = 0; i < ours.size(); ++i) terms.push_back(ours.term(i));
  for (ontology::TermIndex i = 0; i < theirs.size(); ++i) {
    // A term that the model's release has merged into another must not come back as a term of its own.
    const std::string& id = theirs.term(i).id;
    if (!ours.find(id) && !ours.resolve(id)) terms.push_back(theirs.term(i));
  }
  return {std::move(terms), ours.version()};
}

sparse::GeneAlignment align_genes(const Store& store, const nn::ModelDescription& model, double min_found) {
  sparse::GeneAlignment alignment(store.genes().ids, model.genes, {});
  if (alignment.n_found() < min_found * model.genes.size()) {
    throw core::InputError(
        fmt::format("{}: has {} of the model's {} genes, and {:.0f}% are needed; build the store "
                    "with the model's genes (--genes {}/genes.tsv)",
                    store.directory().string(), alignment.n_found(), model.genes.size(), 100 * min_found, model.name));
  }
  return alignment;
}

/// The most probable type of each cell; -1 for one without counts.
std::vector<TypeIndex> best_types(const nn::Prediction& prediction, const sparse::CsrMatrix& cells) {
  const auto width = static_cast<std::size_t>(prediction.n_types);
  std::vector<TypeIndex> best(static_cast<std::size_t>(prediction.n_cells), -1);
  for (std::size_t cell = 0; cell < best.size(); ++cell) {
    if (cells.row(static_cast<core::CellIndex>(cell)).indices.empty()) continue;
    const auto row = std::span(prediction.probabilities).subspan(cell * width, width);
    best[cell] = core::narrow<TypeIndex>(std::ranges::max_element(row) - row.begin());
  }
  return best;
}

}  // namespace

ModelEvaluation evaluate_model(const nn::Classifier& model, const Store& store, store::Split split,
                               const EvaluateOptions& options) {
  if (store.n_cells(split) == 0) {
    throw core::InputError(fmt::format("{}: its {} split has no cells to evaluate on; choose another --split",
                                       store.directory().string(), store::name(split)));
  }
  SCTAB_ASSERT(options.group_by != store::Field::kCellType);
  const nn::ModelDescription& description = model.description();
  const auto alignment = align_genes(store, description, options.min_genes_found);
  auto joined =
      metrics::join_labels(cell_type_ids(store), cell_type_ids(description), joint_ontology(description, store));

  const store::ObsTable obs = store.obs(split);
  const auto& groups = store.tables().values[static_cast<std::size_t>(options.group_by)];
  std::vector<TypeIndex> truths, predictions;
  std::vector<std::string> group_of_cell;
  store::LoaderOptions loading{.shuffle = false, .threads = reader_threads(options.threads), .normalise = false};
  store::Loader loader(store, split, loading);
  core::Progress progress(fmt::format("evaluating on {}", store::name(split)), store.n_cells(split));
  for (store::Batch batch; loader.next(batch);) {
    core::check_interrupt();
    sparse::CsrMatrix cells = alignment.apply(batch.x.view());
    sparse::log_normalise(cells);
    for (const TypeIndex type : best_types(model.predict(cells.view()), cells)) {
      predictions.push_back(type < 0 ? type : joined.position_of_model_type[static_cast<std::size_t>(type)]);
    }
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
      truths.push_back(joined.position_of_store_type[static_cast<std::size_t>(batch.cell_types[i])]);
      const auto group = obs.column(options.group_by)[static_cast<std::size_t>(batch.rows[i])];
      group_of_cell.push_back(groups.at(static_cast<std::size_t>(group)));
    }
    progress.advance(batch.x.n_cells);
  }
  progress.finish();
  return {metrics::evaluate(truths, predictions, joined.subtypes, group_of_cell), std::move(joined.labels),
          std::move(joined.ids)};
}

}  // namespace sctab::train
