#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lab/experiments/recipe.hpp"
#include "sctab/kernels/backend.hpp"

namespace sctab::experiments {

/// What a result depends on besides the recipe, the trial's seed and the version of sctab.
struct TrialConditions {
  std::string store_hash;  // the store that parts are taken from
  kernels::Device device = kernels::Device::kCpu;
};

/// The number of threads that a model's loader uses: the recipe's, or by default this machine's.
int loader_threads(const ModelSpec& model);

/// One cell of the grid: a model trained on a part of the corpus with one seed, and evaluated.
struct Trial {
  const ModelSpec* model = nullptr;
  const PartSpec* part = nullptr;
  std::uint64_t seed = 1;

  /// "tabnet, 15% of donors, seed 1".
  [[nodiscard]] std::string title() const;
  /// The title as a file name.
  [[nodiscard]] std::string slug() const;
  /// The keys that name the trial in its result.
  [[nodiscard]] nlohmann::json names() const;
  /// Everything that the result depends on. Threads affect the rate of a loader, but never trained weights.
  [[nodiscard]] nlohmann::json identity(const TrialConditions& conditions) const;
};

/// All trials, ordered by part and seed, so that one part's store is needed at a time. recipe: must outlive them.
std::vector<Trial> expand(const Recipe& recipe);

/// What is stored under the name of a trial.
struct FoundTrial {
  std::optional<nlohmann::json> result;  // with the current names of model and part
  std::string damage;  // why the file is not a complete result of this trial; empty if it is, or if there is no file
};

/// A result stored under another file name, and what differs. If neither flag is set, only the model's or part's name
/// does.
struct AlikeTrial {
  nlohmann::json result;  // with the current names of model and part
  bool is_of_other_version = false, is_of_other_threads = false;
};

/// A folder with one file per finished trial. The file name has the trial's slug and a hash of its identity, so a
/// changed recipe never takes an earlier result for its own, and an earlier recipe finds its results again. Files have
/// checksums.
class TrialFolder {
 public:
  /// Reads the folder if it exists.
  TrialFolder(std::filesystem::path directory, TrialConditions conditions);

  [[nodiscard]] std::filesystem::path file(const Trial& trial) const;
  [[nodiscard]] bool has(const Trial& trial) const;
  /// Throws InputError if the file cannot be opened, which is not damage.
  [[nodiscard]] FoundTrial find(const Trial& trial) const;
  /// A complete result in another file: one that differs only in names, or else in the version of sctab, or else also
  /// in the threads of a loader. The last written of several.
  [[nodiscard]] std::optional<AlikeTrial> find_alike(const Trial& trial) const;
  /// Renames the trial's file to a free name and returns that. Throws InputError if it cannot.
  [[nodiscard]] std::filesystem::path set_aside(const Trial& trial) const;
  /// Why the trial failed when it was last run; empty if it did not fail, or has finished since.
  [[nodiscard]] std::string failure(const Trial& trial) const;
  /// Keeps the reason for later reports. Creates the folder if needed.
  void write_failure(const Trial& trial, const std::string& reason) const;
  /// Creates the folder if needed.
  void write(const Trial& trial, nlohmann::json result) const;
  /// What differs from the last earlier result of the same model, part and seed: "model.n_d: 16 became 32". Empty if
  /// there is none.
  [[nodiscard]] std::string change(const Trial& trial) const;
  /// Files that are named like results but were not, when the folder was read.
  [[nodiscard]] const std::vector<std::filesystem::path>& strays() const { return strays_; }

 private:
  void make_directory() const;
  [[nodiscard]] std::filesystem::path failure_file(const Trial& trial) const;

  struct Entry {
    std::filesystem::path path;
    nlohmann::json identity;
  };

  std::filesystem::path directory_;
  TrialConditions conditions_;
  std::vector<Entry> entries_;  // the last written first
  std::vector<std::filesystem::path> strays_;
};

}  // namespace sctab::experiments
