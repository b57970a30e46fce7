#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "lab/experiments/recipe.hpp"
#include "sctab/store/store.hpp"

namespace sctab::experiments {

struct CorpusOptions {
  std::filesystem::path store;  // if given, the recipe's corpus is not built
  std::filesystem::path data;   // the folder that holds the recipe's sources
  std::int64_t memory_bytes = 4'000'000'000;
  int threads = 0;
};

/// The store of a recipe: the one given, or one built in `folder` from sources or simulated cells. It is built again
/// only if the recipe's [corpus] or a file it reads has changed. Throws InputError if there is neither.
store::Store open_corpus(const Recipe& recipe, const std::filesystem::path& folder, const CorpusOptions& options);

/// Throws InputError naming the recipe and the first of its parts that asks for tissues or types that the store lacks.
void check_parts(const std::string& source, const Recipe& recipe, const store::Store& store);

/// Stores of parts of a corpus, one at a time in one folder: a part of 22 million cells is large.
class PartStores {
 public:
  PartStores(const store::Store& whole, std::filesystem::path folder, const CorpusOptions& options);
  ~PartStores();  // removes what it made
  PartStores(const PartStores&) = delete;
  PartStores& operator=(const PartStores&) = delete;

  /// The part's store, made unless it is the last one again. seed: decides which cells or donors. The reference is
  /// valid until the next call.
  const store::Store& open(const PartSpec& part, std::uint64_t seed);

 private:
  const store::Store& whole_;
  std::filesystem::path folder_;
  CorpusOptions options_;
  std::string made_;  // the part and seed of part_
  std::optional<store::Store> part_;
};

}  // namespace sctab::experiments
