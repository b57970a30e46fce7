#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "lab/experiments/recipe.hpp"
#include "sctab/store/store.hpp"

namespace sctab::experiments {

struct CorpusOptions {
  std::filesystem::path store;  // given: the recipe's corpus is not built
  std::filesystem::path data;   // where the recipe's sources lie
  std::int64_t memory_bytes = 4'000'000'000;
  int threads = 0;
};

/// The store of a recipe: the one given, or the one built in `folder` from sources or simulated cells, which is built
/// once and again where the recipe's [corpus] has changed. Throws InputError where neither can be.
store::Store open_corpus(const Recipe& recipe, const std::filesystem::path& folder, const CorpusOptions& options);

/// Throws InputError naming the recipe and the first of its parts that asks for tissues or types which the store has
/// not.
void check_parts(const std::string& source, const Recipe& recipe, const store::Store& store);

/// Stores of parts of a corpus, in a folder that holds one at a time: parts of 22 million cells are large.
class PartStores {
 public:
  PartStores(const store::Store& whole, std::filesystem::path folder, const CorpusOptions& options);
  ~PartStores();  // removes what it made
  PartStores(const PartStores&) = delete;
  PartStores& operator=(const PartStores&) = delete;

  /// The part's store, made where it is another than the last; seed: decides which cells or donors. The reference holds
  /// until the next call.
  const store::Store& open(const PartSpec& part, std::uint64_t seed);

 private:
  const store::Store& whole_;
  std::filesystem::path folder_;
  CorpusOptions options_;
  std::string made_;  // which part and seed `part_` is
  std::optional<store::Store> part_;
};

}  // namespace sctab::experiments
