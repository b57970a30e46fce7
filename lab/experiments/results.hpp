#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lab/experiments/recipe.hpp"
#include "lab/experiments/run_description.hpp"

namespace sctab::experiments {

/// The finished trials of a recipe, by what they measured. A measure is a name of `measures` ("macro_f1"), "tissue:T",
/// the macro F1 on test cells of that tissue, "type:T", the F1 of a type, or "X@N", the score X of the mean over the
/// first N members of an ensemble.
class Results {
 public:
  explicit Results(const Recipe& recipe) : recipe_(recipe) {}
  /// trial: what run_trial() gave.
  void add(nlohmann::json trial) { trials_.push_back(std::move(trial)); }
  /// What who reads the tables should know of where trials come from.
  void add_note(std::string note) { notes_.push_back(std::move(note)); }

  void set_run(RunDescription run) { run_ = std::move(run); }

  [[nodiscard]] const Recipe& recipe() const { return recipe_; }
  [[nodiscard]] const std::vector<nlohmann::json>& trials() const { return trials_; }
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  /// Its recipe is empty where nothing is known of the run.
  [[nodiscard]] const RunDescription& run() const { return run_; }
  /// Those of one model and part, in the order of the seeds.
  [[nodiscard]] std::vector<const nlohmann::json*> of(std::string_view model, std::string_view part) const;
  /// One value a seed, those left out that are not there or not finite.
  [[nodiscard]] std::vector<double> values(std::string_view model, std::string_view part,
                                           std::string_view measure) const;
  /// By seed the side's value, less that of what it is a gain over; those left out that are not there or not finite.
  [[nodiscard]] std::map<std::uint64_t, double> gains(const FindingSide& side) const;
  /// Keys of `measures` that have a number in some trial, those that a reader asks for first: macro_f1, …
  [[nodiscard]] std::vector<std::string> measures() const;
  /// Tissues of the test cells.
  [[nodiscard]] std::vector<std::string> tissues() const;

 private:
  const Recipe& recipe_;
  std::vector<nlohmann::json> trials_;
  std::vector<std::string> notes_;
  RunDescription run_;
};

/// One line for each set of types of the corpus that the training cells of a part lack: "part '15% of donors', seeds 1,
/// 2: its training cells have none of 2 types of the corpus: A, B".
std::vector<std::string> lost_types(const Results& results);

/// NaN where the trial has no such measure.
double measured(const nlohmann::json& trial, std::string_view measure);

}  // namespace sctab::experiments
