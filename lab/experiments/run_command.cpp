#include "lab/experiments/run_command.hpp"

#include <fmt/format.h>

#include <utility>

#include "lab/experiments/calls_file.hpp"
#include "lab/experiments/shell_command.hpp"
#include "sctab/core/error.hpp"
#include "sctab/evaluate/label_union.hpp"

namespace sctab::experiments {
namespace fs = std::filesystem;
namespace {

using core::TypeIndex;
using store::Split;

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

fs::path log_of(const CommandRun& run) {
  return run.calls.string() + ".log";
}

/// The labels of the store's training cells.
std::vector<TypeIndex> trained_labels(const store::Store& store, const evaluate::LabelUnion& joined) {
  std::vector<TypeIndex> labels = joined.position_of_store_type;
  std::vector<bool> is_trained(labels.size(), false);
  for (const auto type : store.codes(Split::kTrain, store::Field::kCellType)) {
    is_trained[static_cast<std::size_t>(type)] = true;
  }
  for (std::size_t type = 0; type < labels.size(); ++type) {
    if (!is_trained[type]) labels[type] = -1;
  }
  return labels;
}

}  // namespace

std::string filled_in(const CommandRun& run, const fs::path& store) {
  std::string command = run.command;
  replace_all(command, "{seed}", std::to_string(run.seed));
  replace_all(command, "{threads}", std::to_string(run.threads));
  replace_all(command, "{store}", quoted_for_shell(store.string()));
  replace_all(command, "{out}", quoted_for_shell(run.calls.string()));
  return command;
}

evaluate::ModelEvaluation score_calls(const fs::path& calls, const store::Store& store) {
  CallsFile found = read_calls(calls, store.n_cells(Split::kTest));
  auto joined = evaluate::unite_labels(
      evaluate::cell_type_ids(store), found.ids,
      ontology::Ontology::from_json(store.ontology(), (store.directory() / "ontology.json").string()));
  const store::ObsTable obs = store.obs(Split::kTest);
  const auto& tissues = store.tables().column(store::Field::kTissueGeneral);
  std::vector<TypeIndex> truths;
  std::vector<std::string> tissue_of_cell;
  for (std::size_t cell = 0; cell < found.calls.size(); ++cell) {
    const auto truth = static_cast<std::size_t>(obs.column(store::Field::kCellType)[cell]);
    truths.push_back(joined.position_of_store_type[truth]);
    const auto tissue = static_cast<std::size_t>(obs.column(store::Field::kTissueGeneral)[cell]);
    tissue_of_cell.push_back(tissues.at(tissue));
    TypeIndex& call = found.calls[cell];
    if (call >= 0) call = joined.position_of_model_type[static_cast<std::size_t>(call)];
  }
  evaluate::ModelEvaluation result;
  result.evaluation = evaluate::evaluate(truths, found.calls, joined.subtypes, tissue_of_cell);
  if (found.probabilities) {
    result.uncertainty.push_back(
        evaluate::assess_uncertainty(truths, {found.calls, *found.probabilities}, joined.subtypes,
                                     evaluate::known_labels(joined, trained_labels(store, joined))));
  }
  result.labels = std::move(joined.labels);
  result.ids = std::move(joined.ids);
  return result;
}

evaluate::ModelEvaluation run_command(const CommandRun& run, const store::Store& store) {
  fs::remove(run.calls);  // an interrupted run may have left it
  const std::string command = filled_in(run, store.directory());
  run_shell_command(command, log_of(run));
  if (!fs::is_regular_file(run.calls)) {
    throw core::InputError({.file = run.calls.string(),
                            .found = fmt::format("not written by the command {}", command),
                            .expected = fmt::format("a csv of its calls at {{out}} with the header {}", kCallsHeader)});
  }
  evaluate::ModelEvaluation found = score_calls(run.calls, store);
  std::error_code ignored;
  fs::remove(log_of(run), ignored);
  return found;
}

}  // namespace sctab::experiments
