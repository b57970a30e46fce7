#include "sctab/evaluate/evaluate_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/evaluate/label_union.hpp"
#include "sctab/evaluate/split_levels.hpp"
#include "sctab/sparse/normalise.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/store/obs_columns.hpp"
#include "sctab/store/reader_threads.hpp"

namespace sctab::evaluate {
namespace {

using core::TypeIndex;
using store::Store;

/// The model's ontology, and what only the store's knows.
ontology::Ontology joint_ontology(const model::ModelDescription& model, const Store& store) {
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

genes::GeneAlignment align_genes(const Store& store, const model::ModelDescription& model, double min_found) {
  genes::GeneAlignment alignment(store.genes().ids, model.genes, {});
  if (alignment.n_found() < min_found * model.genes.size()) {
    throw core::InputError(
        {.file = store.directory().string(),
         .found = fmt::format("{} of the model's {} genes", alignment.n_found(), model.genes.size()),
         .expected = fmt::format("at least {:.0f}%", 100 * min_found),
         .next_step = fmt::format("build the store with the model's genes (--genes {}/genes.tsv)", model.name)});
  }
  return alignment;
}

model::CellLevels levels_to_see(const Store& store, store::Split split, const model::ModelDescription& model,
                                bool without_covariate) {
  if (!without_covariate) return split_levels(store, split, model.covariate);
  if (!model.covariate) {
    throw core::InputError({.subject = "--no-covariate",
                            .found = fmt::format("the model {} has no covariate", model.name),
                            .next_step = "remove the option"});
  }
  return {*model.covariate, std::vector(static_cast<std::size_t>(store.n_cells(split)), model::kNoLevel)};
}

/// The labels that the model had training cells of; all of its types where it does not say.
std::vector<TypeIndex> trained_labels(const model::ModelDescription& model, const LabelUnion& joined) {
  const auto& training = model.training;
  const nlohmann::json cells = training.is_object() ? training.value("cells_per_type", nlohmann::json()) : training;
  std::vector<TypeIndex> labels = joined.position_of_model_type;
  for (std::size_t type = 0; cells.is_array() && type < std::min(labels.size(), cells.size()); ++type) {
    if (cells[type] == 0) labels[type] = -1;
  }
  return labels;
}

void append_calls(const model::Prediction& prediction, const sparse::CsrMatrix& cells, const LabelUnion& joined,
                  Calls& calls) {
  for (const auto& [type, probability] : model::call_types(prediction, cells.view(), std::ssize(calls.types))) {
    calls.types.push_back(type < 0 ? kNoCall : joined.position_of_model_type[static_cast<std::size_t>(type)]);
    calls.probabilities.push_back(static_cast<double>(probability));
  }
}

}  // namespace

ModelEvaluation evaluate_model(const model::Classifier& model, const Store& store, store::Split split,
                               const EvaluateOptions& options) {
  if (store.n_cells(split) == 0) {
    throw core::InputError({.file = store.directory().string(),
                            .found = fmt::format("no cells in its {} split", store::name(split)),
                            .next_step = "choose another --split"});
  }
  SCTAB_ASSERT(options.group_by != store::Field::kCellType);
  const model::ModelDescription& description = model.description();
  const auto alignment = align_genes(store, description, options.min_genes_found);
  auto joined = unite_labels(cell_type_ids(store), cell_type_ids(description), joint_ontology(description, store));

  const model::CellLevels levels = levels_to_see(store, split, description, options.without_covariate);
  sparse::CsrMatrix with_levels;
  const store::ObsTable obs = store.obs(split);
  const auto& groups = store.tables().values[static_cast<std::size_t>(options.group_by)];
  std::vector<Calls> calls;  // of the first member, the first two, …
  std::vector<TypeIndex> truths;
  std::vector<std::string> group_of_cell;
  store::LoaderOptions loading{.shuffle = false, .threads = store::reader_threads(options.threads), .normalise = false};
  store::Loader loader(store, split, loading);
  core::Progress progress(fmt::format("evaluating on {}", store::name(split)), store.n_cells(split));
  for (store::Batch batch; loader.next(batch);) {
    core::check_interrupt();
    sparse::CsrMatrix cells = alignment.apply(batch.x.view());
    if (store.content() == store::Content::kCounts) sparse::log_normalise(cells);
    const std::vector<model::Prediction> members =
        model.predict_members(levels.add(cells.view(), batch.rows, with_levels));
    calls.resize(members.size());
    for (std::size_t n = 1; n <= members.size(); ++n) {
      append_calls(model::mean_prediction(std::span(members).first(n), description.member_weights), cells, joined,
                   calls[n - 1]);
    }
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
      truths.push_back(joined.position_of_store_type[static_cast<std::size_t>(batch.cell_types[i])]);
      const auto group = obs.column(options.group_by)[static_cast<std::size_t>(batch.rows[i])];
      group_of_cell.push_back(group < 0 ? std::string(store::kUnknownValue)
                                        : groups.at(static_cast<std::size_t>(group)));
    }
    progress.advance(batch.x.n_cells);
  }
  progress.finish();
  ModelEvaluation result;
  if (description.covariate) result.covariate = description.covariate->column;
  result.n_without_level = levels.n_without();
  result.n_cells = std::ssize(truths);
  result.evaluation = evaluate(truths, calls.back().types, joined.subtypes, group_of_cell);
  const std::vector<std::uint8_t> known = known_labels(joined, trained_labels(description, joined));
  for (const Calls& of_members : calls) {
    result.uncertainty.push_back(assess_uncertainty(truths, of_members, joined.subtypes, known));
  }
  result.absent_types = absent_types(truths, calls.back(), known);
  result.labels = std::move(joined.labels);
  result.ids = std::move(joined.ids);
  return result;
}

}  // namespace sctab::evaluate
