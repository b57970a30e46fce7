#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

#include "sctab/core/progress.hpp"

namespace sctab::published {

/// Progress of several threads.
class SharedProgress {
 public:
  SharedProgress(std::string title, std::int64_t total, std::string unit = "cells")
      : progress_(std::move(title), total, std::move(unit)) {}
  void advance(std::int64_t n = 1) {
    const std::lock_guard lock(mutex_);
    progress_.advance(n);
  }
  void finish() { progress_.finish(); }

 private:
  std::mutex mutex_;
  core::Progress progress_;
};

}  // namespace sctab::published
