#include "sctab/train/run_folder.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

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
    const LockedRunFolder first(out, {});
    for (const bool resume : {false, true}) {
      SCTAB_EXPECT_THROW_WITH((void)LockedRunFolder(out, {.resume = resume}), InputError, "model.run",
                              "another run is at work", "wait until it ends");
    }
    tests::write_bytes(first.checkpoint(), "a checkpoint");
    SCTAB_EXPECT_THROW_WITH((void)LockedRunFolder(out, {}), InputError, "another run is at work");
    (void)LockedRunFolder(folder / "other", {});
  }
  SCTAB_EXPECT_THROW_WITH((void)LockedRunFolder(out, {}), InputError, "model.run", "unfinished run", "--resume");
  EXPECT_EQ(tests::read_bytes(LockedRunFolder(out, {.resume = true}).checkpoint()), "a checkpoint");
}

TEST(RunFolder, IsRemovedAtTheEndUnlessItHasACheckpoint) {
  const tests::TemporaryFolder folder;
  for (const int n_members : {1, 3}) {
    tests::write_bytes(LockedRunFolder(folder / "model", {}, n_members).metrics(), "an epoch without a checkpoint");
    EXPECT_FALSE(fs::exists(folder / "model.run"));
  }
  tests::write_bytes(LockedRunFolder(folder / "model", {}).checkpoint(), "a checkpoint");
  EXPECT_TRUE(fs::exists(folder / "model.run"));
}

TEST(RunFolder, NothingIsLeftOfAnAttemptToResumeWhatHasEnded) {
  const tests::TemporaryFolder folder;
  fs::create_directory(folder / "model");
  tests::write_bytes(folder / "model" / "config.json", "{}");
  SCTAB_EXPECT_THROW_WITH((void)LockedRunFolder(folder / "model", {.resume = true}), InputError, "model",
                          "is finished");
  EXPECT_FALSE(fs::exists(folder / "model.run"));
}

TEST(RunFolder, ATrainingThatEndsMeanwhileIsNotBegunAnewByResume) {
  for (int round = 0; round < 30; ++round) {
    const tests::TemporaryFolder folder;
    const fs::path out = folder / "model";
    auto at_work = std::make_unique<LockedRunFolder>(out, core::Start{});
    tests::write_bytes(at_work->checkpoint(), "a checkpoint");
    std::atomic<bool> tried = false;
    std::string refusal;
    std::thread other([&] {
      while (refusal.empty() || refusal.find("at work") != std::string::npos) {
        try {
          (void)LockedRunFolder(out, {.resume = true});
          refusal = "none: it was begun again";
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
    EXPECT_NE(refusal.find("is finished"), std::string::npos) << refusal;
    EXPECT_FALSE(fs::exists(folder / "model.run"));
  }
}

TEST(RunFolder, OfAnEnsembleIsNotResumedAsOneModelNorTheOtherWayRound) {
  const tests::TemporaryFolder folder;
  tests::write_bytes(LockedRunFolder(folder / "one", {}).checkpoint(), "a checkpoint");
  SCTAB_EXPECT_THROW_WITH((void)LockedRunFolder(folder / "one", {.resume = true}, 3), InputError, "one.run",
                          "an unfinished run of one model", "asked for is an ensemble of 3",
                          "give the same --kind and --members");
  tests::write_bytes(LockedRunFolder(folder / "three", {}, 3).member(2).checkpoint(), "a checkpoint");
  EXPECT_TRUE(LockedRunFolder(folder / "three", {.resume = true}, 3).has_any_checkpoint());
  SCTAB_EXPECT_THROW_WITH((void)LockedRunFolder(folder / "three", {.resume = true}), InputError, "three.run",
                          "an unfinished run of an ensemble", "asked for is one model");
}

TEST(RunFolder, MembersTrainedAreNotThrownAwayByAskingForFewer) {
  const tests::TemporaryFolder folder;
  const fs::path out = folder / "model";
  const fs::path last = RunFolder{folder / "model.run"}.member(3).checkpoint();
  fs::create_directories(last.parent_path());
  tests::write_bytes(last, "a checkpoint");
  SCTAB_EXPECT_THROW_WITH((void)LockedRunFolder(out, {.resume = true}, 2), InputError, "model.run", "with 3 members",
                          "asked for has 2", "ask for 3 with --members", "remove the folders after member-2");
  EXPECT_TRUE(fs::exists(last));
  EXPECT_NO_THROW((void)LockedRunFolder(out, {.resume = true}, 3));
  EXPECT_NO_THROW((void)LockedRunFolder(out, {.resume = true}, 12));
  fs::remove(last);
  tests::write_bytes(LockedRunFolder(out, {}, 12).member(2).checkpoint(), "a checkpoint");
  EXPECT_NO_THROW((void)LockedRunFolder(out, {.resume = true}, 2))
      << "the folders of members not begun hold nothing of value";
}

TEST(RunFolder, WithAFileOfTheUsersIsRefused) {
  const tests::TemporaryFolder folder;
  const fs::path out = folder / "model", run = folder / "model.run";
  const auto refused = [&](const char* name) {
    SCTAB_EXPECT_THROW_WITH((void)LockedRunFolder(out, {}, 2), InputError, "model.run", name,
                            "does not come from an unfinished run", "move it");
    EXPECT_TRUE(fs::exists(fs::symlink_status(run / name))) << name;
  };
  const auto file_refused = [&](const char* name) {
    tests::write_bytes(run / name, "mine");
    refused(fs::path(name).filename().c_str());
    fs::remove(run / name);
  };
  fs::create_directories(run / "member-1");
  for (const char* name : {"mine.safetensors", "notes.tmp", ".mine.safetensors.7-0.tmp", "member-2", ".lock"}) {
    file_refused(name);
  }
  for (const char* name :
       {"backup.tmp", "last.safetensors", ".metrics.jsonl.7-0.tmp", "member-x", "member-0", "member-"}) {
    fs::create_directory(run / name);
    tests::write_bytes(run / name / "notes.txt", "mine");
    refused(name);
    fs::remove_all(run / name);
  }
  fs::create_directory(folder / "elsewhere");
  fs::create_directory_symlink(folder / "elsewhere", run / "member-2");
  refused("member-2");
  fs::remove(run / "member-2");
  fs::create_directory(run / "member-1" / "member-1");
  SCTAB_EXPECT_THROW_WITH((void)LockedRunFolder(out, {}, 2), InputError, "member-1: has member-1");
}

TEST(RunFolder, WithWhatACutOffTrainingLeftIsTakenOver) {
  const tests::TemporaryFolder folder;
  const fs::path run = folder / "model.run";
  fs::create_directories(run / "member-10");
  for (const char* name :
       {"best.safetensors", "metrics.jsonl", ".last.safetensors.7-0.tmp", ".metrics.jsonl.12-3.tmp"}) {
    tests::write_bytes(run / name, "ours");
    tests::write_bytes(run / "member-10" / name, "ours");
  }
  EXPECT_NO_THROW((void)LockedRunFolder(folder / "model", {}));
}

TEST(RunFolder, ResumeOfNothingBeginsAnewAndSaysSo) {
  const tests::TemporaryFolder folder;
  const auto stderr_of = [&](bool resume) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    (void)LockedRunFolder(folder / "model", {.resume = resume});
    return testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(stderr_of(false).find("starts from the beginning"), std::string::npos);
  const std::string warned = stderr_of(true);
  EXPECT_NE(warned.find("model.run: no unfinished run there; training starts from the beginning"), std::string::npos)
      << warned;
}

// In a process without descriptors left nothing can be opened, also by root.
TEST(RunFolder, ThatCannotBeOpenedIsNotTakenForLocked) {
  const tests::TemporaryFolder folder;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  SCTAB_EXPECT_THROW_WITH(core::FolderLock(folder / "build", "build"), InputError, "build: cannot be opened",
                          "choose another -o");
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_NO_THROW(core::FolderLock(folder / "build", "build"));
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
