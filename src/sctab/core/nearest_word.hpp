#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace sctab::core {

/// Insertions, deletions, substitutions and swaps of neighbours that turn one text into the other, in bytes: the
/// Damerau-Levenshtein distance, where no part is edited twice.
std::size_t edit_distance(std::string_view from, std::string_view to);

/// The candidate that `word` most likely was meant to be: the nearest, at most a third of its length away, or one that
/// begins with `word`. The first of several that are equally near. Empty if none is near.
std::string nearest_word(std::string_view word, std::span<const std::string> candidates);

}  // namespace sctab::core
