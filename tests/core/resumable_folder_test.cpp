#include "sctab/core/resumable_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/core/staged_output.hpp"
#include "support/fixtures.hpp"

namespace sctab::core {
namespace {

namespace fs = std::filesystem;

/// Leaves shards and notes, and counts shards as work.
ResumableWork sewing() {
  return {.noun = "sewing",
          .suffix = ".sewing",
          .marker = "done.json",
          .is_ours = [](const std::string& name) { return name.starts_with("shard") || name == "notes"; },
          .is_subfolder = [](const std::string& name) { return name == "records"; },
          .is_ours_in_subfolder = [](const std::string& name) { return name.ends_with(".json"); },
          .progress =
              [](const fs::path& folder) {
                if (fs::exists(folder / "shard-0")) return ResumableWork::Progress::kWork;
                return fs::exists(folder / "notes") ? ResumableWork::Progress::kHints : ResumableWork::Progress::kNone;
              }};
}

class Resumable : public testing::Test {
 protected:
  /// What a process that was killed leaves.
  void leave(const std::string& name) const {
    fs::create_directories((folder_ / "out.sewing" / name).parent_path());
    write_file_atomically(folder_ / "out.sewing" / name, name);
  }
  [[nodiscard]] bool has(const std::string& name) const { return fs::exists(folder_.path() / name); }
  [[nodiscard]] ResumableFolder open(bool resume) const { return {folder_ / "out", sewing(), resume}; }
  void expect_refused(bool resume, const char* file, const char* found) const {
    SCTAB_EXPECT_THROW_WITH((void)open(resume), InputError, file, found);
    SCTAB_EXPECT_THROW_WITH(ResumableFolder::check(folder_ / "out", sewing(), resume), InputError, file, found);
  }

  tests::TemporaryFolder folder_;
};

TEST_F(Resumable, BecomesItsTarget) {
  {
    const ResumableFolder work = open(false);
    EXPECT_EQ(work.path(), folder_ / "out.sewing");
    EXPECT_EQ(work.target(), folder_ / "out");
    EXPECT_EQ(work.progress(), ResumableWork::Progress::kNone);
    write_file_atomically(work.path() / "done.json", "{}");
    work.commit();
  }
  EXPECT_TRUE(has("out/done.json"));
  EXPECT_FALSE(has("out.sewing"));
  const ResumableFolder again = open(false);
  write_file_atomically(again.path() / "shard-0", "new");
  again.commit();
  EXPECT_TRUE(has("out/shard-0"));
  EXPECT_FALSE(has("out/done.json"));
}

TEST_F(Resumable, WorkIsResumedOrRefusedButNeverLost) {
  leave("shard-0");
  expect_refused(false, "out.sewing", "has an unfinished sewing; continue it with --resume");
  EXPECT_TRUE(has("out.sewing/shard-0"));
  const ResumableFolder work = open(true);
  EXPECT_EQ(work.progress(), ResumableWork::Progress::kWork);
  EXPECT_TRUE(has("out.sewing/shard-0"));
}

TEST_F(Resumable, HintsAreKeptForAResumeOnly) {
  leave("notes");
  EXPECT_EQ(open(true).progress(), ResumableWork::Progress::kHints);
  EXPECT_TRUE(has("out.sewing/notes"));
  EXPECT_EQ(open(false).progress(), ResumableWork::Progress::kNone);
  EXPECT_FALSE(has("out.sewing/notes"));
}

TEST_F(Resumable, WhatIsNotWorthResumingIsCleared) {
  leave("shard-1");
  leave("records/a.json");
  leave(".shard-2.123-0.tmp");
  EXPECT_EQ(open(true).progress(), ResumableWork::Progress::kNone);
  EXPECT_TRUE(fs::is_empty(folder_ / "out.sewing"));
}

TEST_F(Resumable, AFinishedTargetIsNotResumed) {
  fs::create_directory(folder_ / "out");
  write_file_atomically(folder_ / "out" / "done.json", "{}");
  expect_refused(true, "out: is finished", "omit --resume");
  EXPECT_FALSE(has("out.sewing"));
  leave("shard-0");
  EXPECT_EQ(open(true).progress(), ResumableWork::Progress::kWork) << "work on the next version of the target";
}

TEST_F(Resumable, FilesOfTheUserStayAndAreNamed) {
  for (const std::string name : {"cat.jpg", "records/cat.jpg", ".cat.jpg.123-0.tmp"}) {
    leave(name);
    expect_refused(true, "out.sewing", "cat.jpg");
    EXPECT_TRUE(has("out.sewing/" + name));
    fs::remove_all(folder_ / "out.sewing");
  }
  fs::create_directories(folder_ / "out.sewing" / "shard-0");
  expect_refused(true, "out.sewing", "shard-0");
  fs::remove_all(folder_ / "out.sewing");
  write_file_atomically(folder_ / "out.sewing", "a file");
  expect_refused(false, "out.sewing", "is a file");
  fs::create_directory(folder_ / "out");
  write_file_atomically(folder_ / "out" / "cat.jpg", "a cat");
  expect_refused(false, "out", "which is not replaced");
}

TEST_F(Resumable, ARequiredFileTellsOursFromOthers) {
  ResumableWork work = sewing();
  work.required = "notes";
  leave("shard-0");
  SCTAB_EXPECT_THROW_WITH(ResumableFolder(folder_ / "out", work, true), InputError, "out.sewing", "no notes");
  leave("notes");
  EXPECT_NO_THROW(ResumableFolder(folder_ / "out", work, true));
}

TEST_F(Resumable, IsOneProcesss) {
  const ResumableFolder work = open(false);
  SCTAB_EXPECT_THROW_WITH((void)open(false), InputError, "out.sewing", "another sewing is at work");
}

TEST_F(Resumable, ATargetThatCannotBeWrittenIsRefusedAtOnce) {
  SCTAB_EXPECT_THROW_WITH(ResumableFolder::check(folder_ / "no/out", sewing(), false), InputError, "no", "exist");
}

TEST(Differences, NamesFiveAtMost) {
  const nlohmann::json before = {{"seed", 1}, {"options", {{"a", 1}, {"b", 2}}}};
  nlohmann::json now = before;
  now["options"]["a"] = 2;
  EXPECT_EQ(differences(before, now), "options/a");
  now["seed"] = 2;
  EXPECT_EQ(differences(before, now), "options/a, seed");
  for (const char* key : {"c", "d", "e", "f"}) now[key] = 1;
  const std::string text = differences(before, now);
  EXPECT_NE(text.find(" and 1 more"), std::string::npos) << text;
}

}  // namespace
}  // namespace sctab::core
