#include "sctab/train/run_folder.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::train {
namespace {

namespace fs = std::filesystem;
using core::InputError;

TEST(RunFolder, IsOfOneProcessAtATime) {
  const tests::TemporaryFolder folder;
  const fs::path out = folder / "model";
  {
    const LockedRunFolder first = open_run_folder(out, false);
    for (const bool resume : {false, true}) {
      SCTAB_EXPECT_THROW_WITH(open_run_folder(out, resume), InputError, "model.run", "another training is at work",
                              "wait for its end");
    }
    tests::write_bytes(first.checkpoint(), "a checkpoint");
    SCTAB_EXPECT_THROW_WITH(open_run_folder(out, false), InputError, "another training is at work");
    (void)open_run_folder(folder / "other", false);
  }
  SCTAB_EXPECT_THROW_WITH(open_run_folder(out, false), InputError, "model.run", "unfinished run", "--resume");
  EXPECT_EQ(tests::read_bytes(open_run_folder(out, true).checkpoint()), "a checkpoint");
}

TEST(RunFolder, NothingIsLeftOfAnAttemptToResumeWhatHasEnded) {
  const tests::TemporaryFolder folder;
  fs::create_directory(folder / "model");
  tests::write_bytes(folder / "model" / "config.json", "{}");
  SCTAB_EXPECT_THROW_WITH(open_run_folder(folder / "model", true), InputError, "model", "has ended");
  EXPECT_FALSE(fs::exists(folder / "model.run"));
}

TEST(RunFolder, ADifferenceIsNamedWithBothValues) {
  const nlohmann::json there = {{"plan", {{"seed", 1}}}, {"store", "a"}};
  nlohmann::json here = there;
  EXPECT_NO_THROW(require_same_run("last.safetensors", there, here));
  here["plan"]["seed"] = 2;
  SCTAB_EXPECT_THROW_WITH(require_same_run("last.safetensors", there, here), InputError, "last.safetensors",
                          "plan.seed was 1 and is now 2");
}

}  // namespace
}  // namespace sctab::train
