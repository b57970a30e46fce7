#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lab/charts/chart.hpp"
#include "lab/experiments/recipe.hpp"
#include "sctab/store/store.hpp"

namespace sctab::experiments {

/// What a run did and how far it got, for its tables and page.
struct RunDescription {
  struct Lacking {
    std::string trial, reason;  // "tabnet, all, seed 1", and the error or empty
  };
  std::string recipe;     // file name; empty: nothing is known about the run
  bool is_small = false;  // the recipe's small form
  nlohmann::json store;   // from describe_store(); earlier versions kept only the hash
  std::string device;     // "cpu", "cuda"
  std::int64_t n_trials = 0, n_finished = 0;
  std::vector<Lacking> failed, not_finished;
};

/// The number of known donors of a split.
std::int64_t count_donors(const store::Store& store, store::Split split);

/// hash, genes, and the cells, donors and types of each split.
nlohmann::json describe_store(const store::Store& store);

/// Two columns for people.
charts::Table run_table(const RunDescription& run);
/// Trials that are missing from the tables, and why.
charts::Table lacking_table(const RunDescription& run);
nlohmann::json to_json(const RunDescription& run);

/// The finished trials of a recipe and what they measured. A measure is a key of `measures` ("macro_f1"), "tissue:T"
/// for the macro F1 on test cells of a tissue, "type:T" for the F1 of a type, or "X@N" for the score X of the mean over
/// the first N ensemble members.
class Results {
 public:
  explicit Results(const Recipe& recipe) : recipe_(recipe) {}
  /// trial: from run_trial().
  void add(nlohmann::json trial) { trials_.push_back(std::move(trial)); }
  /// A remark for readers of the tables about where trials come from.
  void add_note(std::string note) { notes_.push_back(std::move(note)); }

  void set_run(RunDescription run) { run_ = std::move(run); }

  [[nodiscard]] const Recipe& recipe() const { return recipe_; }
  [[nodiscard]] const std::vector<nlohmann::json>& trials() const { return trials_; }
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  /// Its recipe is empty if nothing is known about the run.
  [[nodiscard]] const RunDescription& run() const { return run_; }
  /// The trials of one model and part, in the order of the seeds.
  [[nodiscard]] std::vector<const nlohmann::json*> of(std::string_view model, std::string_view part) const;
  /// One value per seed, without those that are missing or not finite.
  [[nodiscard]] std::vector<double> values(std::string_view model, std::string_view part,
                                           std::string_view measure) const;
  /// The side's value by seed, minus its base's if it is a gain; without those that are missing or not finite.
  [[nodiscard]] std::map<std::uint64_t, double> gains(const FindingSide& side) const;
  /// Keys of `measures` that have a number in some trial, the most important first: macro_f1, …
  [[nodiscard]] std::vector<std::string> measures() const;
  /// Tissues of the test cells.
  [[nodiscard]] std::vector<std::string> tissues() const;

 private:
  const Recipe& recipe_;
  std::vector<nlohmann::json> trials_;
  std::vector<std::string> notes_;
  RunDescription run_;
};

/// One line for each set of the corpus's types that a part's training cells lack: "part '15% of donors', seeds 1, 2:
/// its training cells lack 2 types of the corpus: A, B".
std::vector<std::string> lost_types(const Results& results);

/// NaN if the trial lacks the measure.
double measured(const nlohmann::json& trial, std::string_view measure);

/// Whether a trial of this model can have the measure. Which tissues, types and members there are only a run can tell.
bool may_measure(const ModelSpec& model, std::string_view measure);

/// Throws InputError naming the figure or finding that asks for a measure that no trial of its models can have, and
/// similar ones that they can have.
void check_measures(const std::string& source, const Recipe& recipe);

/// One line for each measure that a figure or finding asks for and none of its finished trials has, with similar ones
/// that exist: "figure 'Lungs': none of its finished trials has a value for 'tissue:lungs'; try tissue:lung".
std::vector<std::string> missing_measures(const Results& results);

}  // namespace sctab::experiments
