#pragma once

#include <algorithm>

#include "sctab/core/thread_pool.hpp"

namespace sctab::store {

/// Threads for a loader that reads ahead of `computing` threads (0: all). One reader feeds four of them, and sleeps
/// most of the time.
inline int reader_threads(int computing) {
  return std::max(1, (computing > 0 ? computing : core::default_threads()) / 4);
}

}  // namespace sctab::store
