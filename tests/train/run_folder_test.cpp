#include "sctab/train/run_folder.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

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

TEST(RunFolder, ATrainingThatEndsMeanwhileIsNotBegunAnewByResume) {
  for (int round = 0; round < 30; ++round) {
    const tests::TemporaryFolder folder;
    const fs::path out = folder / "model";
    auto at_work = std::make_unique<LockedRunFolder>(open_run_folder(out, false));
    tests::write_bytes(at_work->checkpoint(), "a checkpoint");
    std::atomic<bool> tried = false;
    std::string refusal;
    std::thread other([&] {
      while (refusal.empty() || refusal.find("at work") != std::string::npos) {
        try {
          (void)open_run_folder(out, true);
          refusal = "none: it was begun anew";
        } catch (const std::exception& error) {
          refusal = error.what();
        }
        tried = true;
      }
    });
    while (!tried) std::this_thread::yield();
    fs::create_directory(out);
    tests::write_bytes(out / "config.json", "{}");
    fs::remove_all(at_work->path);
    at_work.reset();
    other.join();
    EXPECT_NE(refusal.find("nothing is left to resume"), std::string::npos) << refusal;
    EXPECT_FALSE(fs::exists(folder / "model.run"));
  }
}

TEST(RunFolder, OfAnEnsembleIsNotResumedAsOneModelNorTheOtherWayRound) {
  const tests::TemporaryFolder folder;
  tests::write_bytes(open_run_folder(folder / "one", false).checkpoint(), "a checkpoint");
  SCTAB_EXPECT_THROW_WITH(open_run_folder(folder / "one", true, 3), InputError, "one.run", "there is of one model",
                          "asked for is of an ensemble of 3", "give the same --model and --members");
  tests::write_bytes(open_run_folder(folder / "three", false, 3).member(2).checkpoint(), "a checkpoint");
  EXPECT_TRUE(open_run_folder(folder / "three", true, 3).has_any_checkpoint());
  SCTAB_EXPECT_THROW_WITH(open_run_folder(folder / "three", true), InputError, "three.run", "an ensemble's",
                          "asked for is of one model");
}

TEST(RunFolder, WhatAPlanLeavesOutIsNamedAsWhatItMeans) {
  const nlohmann::json there = {{"plan", {{"seed", 1}}}};
  const auto differs = [&](const char* key, const nlohmann::json& value, const char* what) {
    nlohmann::json here = there;
    here["plan"][key] = value;
    SCTAB_EXPECT_THROW_WITH(require_same_run("last.safetensors", there, here), InputError, what);
  };
  differs("loss", "hierarchical", "plan.loss was \"cross-entropy\" and is now \"hierarchical\"");
  differs("sampling_power", 1, "plan.sampling_power was 0 and is now 1");
  differs("augmentation", "abc", "plan.augmentation was none and is now \"abc\"");
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
