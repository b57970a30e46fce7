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
  const auto is_shard = [](const std::string& name) { return name.starts_with("shard"); };
  return {.noun = "sewing",
          .suffix = ".sewing",
          .target = {.noun = "dress",
                     .marker = "done.json",
                     .is_ours = [=](const std::string& name) { return is_shard(name) || name == "done.json"; },
                     .describe = [](const fs::path&) { return std::string("a finished dress"); }},
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
  [[nodiscard]] ResumableFolder open(Start start) const { return {folder_ / "out", sewing(), start}; }
  [[nodiscard]] ResumableFolder open(bool resume) const { return open(Start{.resume = resume}); }
  void expect_refused(Start start, const char* file, const char* found) const {
    SCTAB_EXPECT_THROW_WITH((void)open(start), InputError, file, found);
    SCTAB_EXPECT_THROW_WITH(ResumableFolder::check(folder_ / "out", sewing(), start), InputError, file, found);
  }
  void expect_refused(bool resume, const char* file, const char* found) const {
    expect_refused(Start{.resume = resume}, file, found);
  }
  /// A finished target with a file of the user's.
  void finish() const {
    fs::create_directory(folder_ / "out");
    write_file_atomically(folder_ / "out" / "done.json", "{}");
    write_file_atomically(folder_ / "out" / "cat.jpg", "a cat");
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
  const ResumableFolder again = open(Start{.overwrite = true});
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
  finish();
  expect_refused(true, "out: is finished", "give --overwrite instead of --resume to sewing again");
  EXPECT_FALSE(has("out.sewing"));
}

TEST_F(Resumable, AFinishedTargetIsOnlyReplacedIfThatIsAskedFor) {
  finish();
  expect_refused(false, "out: is a finished dress, next to cat.jpg", "--overwrite");
  EXPECT_FALSE(has("out.sewing"));
  leave("shard-0");
  for (const bool resume : {false, true}) {
    expect_refused(resume, "out: is a finished dress", "which an unfinished sewing would replace");
  }
  expect_refused(Start{.overwrite = true}, "out.sewing", "continue it with --resume");
  EXPECT_TRUE(has("out.sewing/shard-0"));
  const ResumableFolder work = open(Start{.resume = true, .overwrite = true});
  EXPECT_EQ(work.progress(), ResumableWork::Progress::kWork);
  work.commit();
  EXPECT_TRUE(has("out/shard-0"));
  EXPECT_FALSE(has("out/done.json"));
  EXPECT_EQ(tests::read_bytes(folder_ / "out" / "cat.jpg"), "a cat");
}

TEST_F(Resumable, WorkIsKeptWhereATargetHasAppearedMeanwhile) {
  {
    const ResumableFolder work = open(false);
    write_file_atomically(work.path() / "shard-0", "new");
    finish();
    SCTAB_EXPECT_THROW_WITH(work.commit(), InputError, "out: is a finished dress", "--overwrite");
  }
  EXPECT_TRUE(has("out/done.json"));
  EXPECT_FALSE(has("out.sewing/cat.jpg"));
  EXPECT_NO_THROW((void)open(Start{.resume = true, .overwrite = true}));
}

TEST_F(Resumable, WorkIsKeptWhereATargetHasAFolderOfTheSameName) {
  finish();
  {
    const ResumableFolder work = open(Start{.overwrite = true});
    write_file_atomically(work.path() / "shard-0", "new");
    fs::create_directory(folder_ / "out" / "shard-0");
    SCTAB_EXPECT_THROW_WITH(work.commit(), InputError, "out/shard-0", "has the name of one of the dress's own files");
  }
  EXPECT_EQ(tests::read_bytes(folder_ / "out.sewing" / "shard-0"), "new");
  EXPECT_TRUE(has("out/shard-0"));
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
  expect_refused(false, "out", "so it is not replaced");
}

TEST_F(Resumable, ARequiredFileTellsOursFromOthers) {
  ResumableWork work = sewing();
  work.required = "notes";
  leave("shard-0");
  SCTAB_EXPECT_THROW_WITH(ResumableFolder(folder_ / "out", work, {.resume = true}), InputError, "out.sewing",
                          "no notes");
  leave("notes");
  EXPECT_NO_THROW(ResumableFolder(folder_ / "out", work, {.resume = true}));
}

TEST_F(Resumable, IsOneProcesss) {
  const ResumableFolder work = open(false);
  SCTAB_EXPECT_THROW_WITH((void)open(false), InputError, "out.sewing", "another sewing is at work");
}

TEST_F(Resumable, ATargetThatCannotBeWrittenIsRefusedAtOnce) {
  SCTAB_EXPECT_THROW_WITH(ResumableFolder::check(folder_ / "no/out", sewing(), {}), InputError, "no", "exist");
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
