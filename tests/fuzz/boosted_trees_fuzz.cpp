#include <cmath>
#include <vector>

#include "fuzz/harnesses.hpp"
#include "sctab/core/error.hpp"
#include "sctab/model/boosted_trees.hpp"

namespace sctab::fuzz {

/// What a reader accepts must predict: walks end, and margins are finite.
void fuzz_boosted_trees(Bytes bytes) {
  constexpr std::int64_t kMostFeatures = 1000, kRows = 3;
  const model::BoostedTrees trees = model::read_boosted_trees(bytes);
  if (trees.n_features > kMostFeatures) return;  // too many for rows of ours, not for the reader
  std::vector<float> rows(static_cast<std::size_t>(kRows * trees.n_features), 0.5F);
  for (std::size_t i = 0; i < rows.size(); i += 3) rows[i] = NAN;
  for (const float margin : model::margins(trees, rows)) SCTAB_ASSERT(std::isfinite(margin));
}

}  // namespace sctab::fuzz
