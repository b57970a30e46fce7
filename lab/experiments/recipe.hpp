#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lab/simulate/simulate.hpp"
#include "sctab/corpus/build.hpp"
#include "sctab/corpus/subsample.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/train/train.hpp"

namespace sctab::experiments {

/// Whether a list, empty for all names, has the name.
inline bool is_among(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
}

/// What the store is built from if none is given. Paths are below the data folder.
struct CorpusSpec {
  std::vector<std::filesystem::path> sources;
  corpus::BuildOptions build;                          // its paths are below the data folder too
  std::optional<simulate::SimulateOptions> simulated;  // instead of sources
  nlohmann::json as_given;                             // the settings, to notice changes
};

/// A part of the store's training cells: all, or those that `corpus subsample` keeps.
struct PartSpec {
  std::string name = "all";
  std::optional<corpus::SubsampleBy> by{};  // given if fraction is below 1
  double fraction = 1;                      // share of the training cells or donors; 1: all
  std::vector<std::string> without_types{}, only_tissues{};
  bool keep_types = false;  // as the option of `corpus subsample`

  [[nodiscard]] bool is_whole() const { return fraction == 1 && without_types.empty() && only_tissues.empty(); }
};
/// Everything but the name: what decides which cells these are.
nlohmann::json to_json(const PartSpec& part);

/// One row of the grid: a model to train, or a loader to time.
struct ModelSpec {
  std::string name;
  train::TrainOptions training;                  // unless a loader or a command is measured
  bool augment = false;                          // with vectors made from the part's own training cells
  std::optional<store::LoaderOptions> loader{};  // not a model: the rate at which a loader reads the part
  bool cold = false;                             // for a loader: empty the page cache before each epoch
  std::string command{};                         // a developer's own model, run in a shell: see run_command.hpp
  std::vector<std::string> parts{};              // names of the parts to train on; empty: all
  nlohmann::json as_given;                       // all settings but name and parts: what its results depend on

  [[nodiscard]] bool is_trained_on(const std::string& part) const { return is_among(parts, part); }
  /// A network, or an ensemble of several kinds of network.
  [[nodiscard]] bool is_network() const {
    return !loader && command.empty() && training.kind &&
           (model::is_network(*training.kind) || training.kind == model::ModelKind::kMixed);
  }
  /// An ensemble of networks.
  [[nodiscard]] bool is_ensemble() const {
    return is_network() && (training.kind == model::ModelKind::kMixed || training.members.value_or(1) > 1);
  }
};

enum class FigureKind { kBars, kTissues, kCurves, kTypes, kLines, kMembers, kReliability };

/// A chart of the page.
struct FigureSpec {
  FigureKind kind = FigureKind::kBars;
  std::string title{}, caption{};
  std::string measure = "macro_f1";            // for bars, lines and members; for curves a column of the training log
  std::string over = "n_train_cells";          // x of lines: a measure
  std::vector<std::string> models{}, parts{};  // empty: all
};

/// One side of a finding. With over_model or over_part it is the gain over those, seed by seed.
struct FindingSide {
  std::string model, part = "all", over_model, over_part, measure;

  [[nodiscard]] bool is_gain() const { return !over_model.empty() || !over_part.empty(); }
  [[nodiscard]] const std::string& base_model() const { return over_model.empty() ? model : over_model; }
  [[nodiscard]] const std::string& base_part() const { return over_part.empty() ? part : over_part; }
  /// Whether a trial is on both sides: their values are then not independent samples.
  [[nodiscard]] bool shares_trials(const FindingSide& other) const;
};

/// A claim of the paper: left is greater than right, or than a number.
struct FindingSpec {
  std::string text, paper;  // the claim, and the paper's own numbers for it
  FindingSide left;
  std::optional<FindingSide> right{};
  double than = 0;  // if there is no right side
};

/// What `sctab benchmark` is to do.
struct Recipe {
  std::string title, draws;  // "Fig. 1c, 1d, …"
  std::vector<std::uint64_t> seeds;
  std::optional<CorpusSpec> corpus;  // none: a store must be given
  std::vector<PartSpec> parts;       // at least one
  std::vector<ModelSpec> models;     // at least one
  std::vector<FigureSpec> figures;
  std::vector<FindingSpec> findings;
};

/// small: apply the overrides of the recipe's [small] table. Throws InputError with file, line and key.
Recipe read_recipe(const std::filesystem::path& path, bool small);

/// Throws InputError, located at `where`, unless there are seeds and none is repeated: a repeated seed measures
/// nothing.
void require_seeds(const std::vector<std::uint64_t>& seeds, const core::Problem& where);

}  // namespace sctab::experiments
