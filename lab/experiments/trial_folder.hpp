#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lab/experiments/trial.hpp"

namespace sctab::experiments {

/// What lies under the name of a trial.
struct FoundTrial {
  std::optional<nlohmann::json> result;  // with the names that model and part have now
  std::string damage;  // why the file there is no whole result of this trial; empty: it is one, or there is no file
};

/// A result that was written under another file's name, and what it differs in; of none but the names: that of the
/// model or part.
struct AlikeTrial {
  nlohmann::json result;  // with the names that model and part have now
  bool is_of_other_version = false, is_of_other_threads = false;
};

/// Finished trials as files, one each: slug and a hash of the identity are the name, so that a changed recipe never
/// takes an earlier result for its own, and an earlier recipe finds its results again. Each holds a checksum.
class TrialFolder {
 public:
  /// Reads what the folder holds, where there is one.
  TrialFolder(std::filesystem::path directory, TrialConditions conditions);

  [[nodiscard]] std::filesystem::path file(const Trial& trial) const;
  [[nodiscard]] bool has(const Trial& trial) const;
  /// Throws InputError where its file cannot be opened, which is no damage.
  [[nodiscard]] FoundTrial find(const Trial& trial) const;
  /// A whole result in another file than the trial's: one that differs in names alone, or else in the version of sctab,
  /// or else in the threads of a loader too. Of several the one written last; nothing where there is none.
  [[nodiscard]] std::optional<AlikeTrial> find_alike(const Trial& trial) const;
  /// Renames the file under the trial's name, and nothing is lost with it. Returns the new name. Throws InputError.
  [[nodiscard]] std::filesystem::path set_aside(const Trial& trial) const;
  /// Why the trial failed the last time that it was tried; empty where it did not, or was finished since.
  [[nodiscard]] std::string failure(const Trial& trial) const;
  /// Leaves that beside the results, for reports. Makes the folder where there is none.
  void write_failure(const Trial& trial, const std::string& reason) const;
  /// Makes the folder where there is none.
  void write(const Trial& trial, nlohmann::json result) const;
  /// What differs from an earlier result of the same model, part and seed, the one written last: "model.n_d: 16 became
  /// 32". Empty where there is none.
  [[nodiscard]] std::string change(const Trial& trial) const;
  /// Files that are named as results and are none, as they were when this was made.
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
  std::vector<Entry> entries_;  // those written last come first
  std::vector<std::filesystem::path> strays_;
};

}  // namespace sctab::experiments
