#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/train/train.hpp"
#include "support/fixtures.hpp"

namespace sctab::tests {

/// Ends the run, as a signal does, after so many steps of this process.
inline train::TrainOptions ended_after(train::TrainOptions options, int steps) {
  options.after_step = [steps, done = 0](std::int64_t, std::int64_t) mutable {
    if (++done == steps) core::set_interrupted(true);
  };
  return options;
}

/// Trains with options that end the run, which must say how to go on.
inline void expect_interrupted(const store::Store& store, const train::TrainOptions& options,
                               const std::filesystem::path& out) {
  SCTAB_EXPECT_THROW_WITH(train::train(store, options, out), core::Interrupted, "--resume", out.c_str());
  core::set_interrupted(false);
}

}  // namespace sctab::tests
