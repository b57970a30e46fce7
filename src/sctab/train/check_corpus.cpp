#include "sctab/train/check_corpus.hpp"

#include <fmt/format.h>

#include "sctab/core/error.hpp"

namespace sctab::train {

void check_corpus(const CorpusSize& size, std::string_view store) {
  if (size.n_train == 0) {
    throw core::InputError(
        fmt::format("{} has no training cells; build it from more donors, or with a larger train share", store));
  }
  if (size.n_types_trained() < 2) {
    throw core::InputError(
        fmt::format("{} has {} training cells, all of one type, and at least 2 are needed; "
                    "add sources with other types or relax the curation",
                    store, size.n_train));
  }
}

}  // namespace sctab::train
