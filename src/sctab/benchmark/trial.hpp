#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sctab/benchmark/recipe.hpp"

namespace sctab::benchmark {

/// One cell of the grid: a model trained on a part of the corpus with one seed, and evaluated.
struct Trial {
  const ModelSpec* model = nullptr;
  const PartSpec* part = nullptr;
  std::uint64_t seed = 1;

  /// "tabnet, 15% of donors, seed 1".
  [[nodiscard]] std::string title() const;
  /// The same as a file name.
  [[nodiscard]] std::string slug() const;
  /// Keys that say in a result whose it is.
  [[nodiscard]] nlohmann::json names() const;
  /// All that decides the result; store_hash: of the store that parts are taken from.
  [[nodiscard]] nlohmann::json identity(const std::string& store_hash) const;
};

/// All trials, those on the same cells one after the other, so that one part's store is needed at a time.
/// recipe: outlives them.
std::vector<Trial> expand(const Recipe& recipe);

/// Finished trials as files, one each: slug and a hash of the identity are the name, so that a changed recipe never
/// takes an earlier result for its own, and an earlier recipe finds its results again.
class TrialFolder {
 public:
  TrialFolder(std::filesystem::path directory, std::string store_hash);

  [[nodiscard]] std::filesystem::path file(const Trial& trial) const;
  [[nodiscard]] bool has(const Trial& trial) const;
  /// With the names that model and part have now. Throws InputError naming a file that is not of this trial.
  [[nodiscard]] nlohmann::json read(const Trial& trial) const;
  void write(const Trial& trial, nlohmann::json result) const;
  /// What differs from an earlier result of the same model, part and seed: "model.n_d: 16 became 32". Empty where there
  /// is none.
  [[nodiscard]] std::string change(const Trial& trial) const;

 private:
  std::filesystem::path directory_;
  std::string store_hash_;
};

}  // namespace sctab::benchmark
