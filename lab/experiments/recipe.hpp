#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sctab/corpus/build.hpp"
#include "sctab/corpus/subsample.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/train/train.hpp"

namespace sctab::experiments {

/// What the store is built from, where none is given. Paths are below the data folder.
struct CorpusSpec {
  std::vector<std::filesystem::path> sources;
  corpus::BuildOptions build;                          // its paths are below the data folder, too
  std::optional<simulate::SimulateOptions> simulated;  // instead of sources
  nlohmann::json as_given;                             // the settings, to see whether they changed
};

/// A part of the store's training cells: all of them, or those that `corpus subsample` leaves.
struct PartSpec {
  std::string name = "all";
  std::optional<corpus::SubsampleBy> by{};  // given where fraction is below 1
  double fraction = 1;                      // of the training cells or donors; 1: all
  std::vector<std::string> without_types{}, only_tissues{};
  bool keep_types = false;  // as the option of `corpus subsample`

  [[nodiscard]] bool is_whole() const { return fraction == 1 && without_types.empty() && only_tissues.empty(); }
};
/// All but the name: what decides which cells these are.
nlohmann::json to_json(const PartSpec& part);

/// One row of the grid: something that is trained, or a way to read.
struct ModelSpec {
  std::string name;
  train::TrainOptions training;                  // unless a loader or a command is measured
  bool augment = false;                          // by vectors made from the part's own training cells
  std::optional<store::LoaderOptions> loader{};  // no model: the rate at which a loader reads the part
  bool cold = false;                             // of a loader: the page cache is emptied before each epoch
  std::string command{};                         // a developer's own model: run in a shell, see run_command.hpp
  std::vector<std::string> parts{};              // names of those that it is trained on; empty: all
  nlohmann::json as_given;                       // all settings but name and parts: what decides its results

  [[nodiscard]] bool is_trained_on(const std::string& part) const {
    return parts.empty() || std::ranges::find(parts, part) != parts.end();
  }
  /// Or an ensemble of several kinds of network.
  [[nodiscard]] bool is_network() const {
    return !loader && command.empty() && training.kind &&
           (model::is_network(*training.kind) || training.kind == model::ModelKind::kMixed);
  }
  /// Of networks.
  [[nodiscard]] bool is_ensemble() const {
    return is_network() && (training.kind == model::ModelKind::kMixed || training.members.value_or(1) > 1);
  }
};

enum class FigureKind { kBars, kTissues, kCurves, kTypes, kLines, kMembers, kReliability };

/// A picture of the page.
struct FigureSpec {
  FigureKind kind = FigureKind::kBars;
  std::string title{}, caption{};
  std::string measure = "macro_f1";            // of bars, lines and members; of curves a column of the training's log
  std::string over = "n_train_cells";          // x of lines: a measure
  std::vector<std::string> models{}, parts{};  // empty: all
};

/// One side of a finding. With over_model or over_part it is the gain over that, seed by seed.
struct FindingSide {
  std::string model, part = "all", over_model, over_part, measure;

  [[nodiscard]] bool is_gain() const { return !over_model.empty() || !over_part.empty(); }
  [[nodiscard]] const std::string& base_model() const { return over_model.empty() ? model : over_model; }
  [[nodiscard]] const std::string& base_part() const { return over_part.empty() ? part : over_part; }
  /// Whether a trial counts on both sides: their values are then no independent samples.
  [[nodiscard]] bool shares_trials(const FindingSide& other) const;
};

/// A claim of the paper: left is greater than right, or than a number.
struct FindingSpec {
  std::string text, paper;  // the claim, and the paper's own numbers for it
  FindingSide left;
  std::optional<FindingSide> right{};
  double than = 0;  // where there is no right side
};

/// What `sctab benchmark` is asked to do.
struct Recipe {
  std::string title, draws;  // "Fig. 1c, 1d, …"
  std::vector<std::uint64_t> seeds;
  std::optional<CorpusSpec> corpus;  // none: the store must be given
  std::vector<PartSpec> parts;       // at least one
  std::vector<ModelSpec> models;     // at least one
  std::vector<FigureSpec> figures;
  std::vector<FindingSpec> findings;
};

/// small: with what its table [small] overrides. Throws InputError naming file, line and key, what was found and what
/// was expected.
Recipe read_recipe(const std::filesystem::path& path, bool small);

/// Throws InputError, which begins with `where`, unless there are seeds, and each once: a repeated one is no
/// measurement.
void require_seeds(const std::vector<std::uint64_t>& seeds, const std::string& where);

}  // namespace sctab::experiments
