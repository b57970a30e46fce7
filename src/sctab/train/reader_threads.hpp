#pragma once

#include <algorithm>

#include "sctab/core/thread_pool.hpp"

namespace sctab::train {

/// Threads for a loader that reads ahead beside `computing` ones (0: all): one of them feeds four, and sleeps most of
/// the time.
inline int reader_threads(int computing) {
  return std::max(1, (computing > 0 ? computing : core::default_threads()) / 4);
}

}  // namespace sctab::train
