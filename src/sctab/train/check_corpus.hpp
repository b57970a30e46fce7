#pragma once

#include <string_view>

#include "sctab/train/plan.hpp"

namespace sctab::train {

/// Throws InputError where there is nothing to learn from: no training cells, or of one type alone. store: what the
/// message calls it.
void check_corpus(const CorpusSize& size, std::string_view store);

}  // namespace sctab::train
