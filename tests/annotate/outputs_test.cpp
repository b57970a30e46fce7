#include "sctab/annotate/output_pair.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "sctab/annotate/file_copy.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "support/changed_calls.hpp"
#include "support/fixtures.hpp"

namespace sctab::annotate {
namespace {
namespace fs = std::filesystem;

std::size_t n_entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

TEST(OutputPair, NamesTheOutputsAfterTheInput) {
  const OutputPaths paths = choose_outputs("data/a.b.h5ad", {});
  EXPECT_EQ(paths.h5ad, "data/a.b.sctab.h5ad");
  EXPECT_EQ(paths.csv, "data/a.b.sctab.csv");
  EXPECT_EQ(choose_outputs("a.h5ad", {"out/x.h5ad", {}}).csv, "out/x.csv");
  EXPECT_EQ(choose_outputs("sample.v2", {}).h5ad, "sample.v2.sctab.h5ad");
}

TEST(OutputPair, RefusesTheInputAFolderAndOneNameForBoth) {
  const tests::TemporaryFolder folder;
  tests::write_bytes(folder / "in.h5ad", "data");
  fs::create_symlink(folder / "in.h5ad", folder / "link.h5ad");
  SCTAB_EXPECT_THROW_WITH(choose_outputs(folder / "in.h5ad", {folder / "in.h5ad", {}}), core::InputError, "in.h5ad",
                          "input itself");
  SCTAB_EXPECT_THROW_WITH(choose_outputs(folder / "in.h5ad", {folder / "link.h5ad", {}}), core::InputError, "link.h5ad",
                          "input itself");
  SCTAB_EXPECT_THROW_WITH(choose_outputs(folder / "in.h5ad", {{}, folder / "in.h5ad"}), core::InputError, "in.h5ad");
  SCTAB_EXPECT_THROW_WITH(choose_outputs(folder / "in.h5ad", {folder.path(), {}}), core::InputError, "is a folder");
  SCTAB_EXPECT_THROW_WITH(choose_outputs(folder / "in.h5ad", {folder / "x", folder / "x"}), core::InputError, "both");
}

TEST(OutputPair, CommitsBothOverEarlierOnes) {
  const tests::TemporaryFolder folder;
  tests::write_bytes(folder / "a", "old a");
  core::StagedOutput a(folder / "a"), b(folder / "b");
  tests::write_bytes(a.path(), "new a");
  tests::write_bytes(b.path(), "new b");
  commit_both(a, b);
  EXPECT_EQ(tests::read_bytes(folder / "a"), "new a");
  EXPECT_EQ(tests::read_bytes(folder / "b"), "new b");
  EXPECT_EQ(n_entries(folder.path()), 2U);
}

TEST(OutputPair, BringsTheFirstBackWhereTheSecondFails) {
  const tests::TemporaryFolder folder;
  tests::write_bytes(folder / "a", "old a");
  {
    core::StagedOutput a(folder / "a"), b(folder / "b");
    tests::write_bytes(a.path(), "new a");  // b is never written, so that its commit fails
    EXPECT_THROW(commit_both(a, b), core::InputError);
  }
  EXPECT_EQ(tests::read_bytes(folder / "a"), "old a");
  EXPECT_EQ(n_entries(folder.path()), 1U);
}

TEST(OutputPair, KeepsTheEarlierFileWhateverTheFileSystemOffers) {
  for (const bool links : {true, false}) {
    for (const bool exchange : {true, false}) {
      SCOPED_TRACE(testing::Message() << links << exchange);
      tests::ChangedCalls calls;
      calls.no_links = !links;
      calls.no_exchange = !exchange;
      const tests::TemporaryFolder folder;
      tests::write_bytes(folder / "a", "old a");
      {
        core::StagedOutput a(folder / "a"), b(folder / "b");
        tests::write_bytes(a.path(), "new a");  // and b is never written
        EXPECT_THROW(commit_both(a, b), core::InputError);
        EXPECT_EQ(tests::read_bytes(folder / "a"), "old a");
      }
      EXPECT_EQ(n_entries(folder.path()), 1U);
      {
        core::StagedOutput a(folder / "a"), b(folder / "b");
        tests::write_bytes(a.path(), "new a");
        tests::write_bytes(b.path(), "new b");
        commit_both(a, b);
        EXPECT_EQ(n_entries(folder.path()), 2U);
      }
      EXPECT_EQ(tests::read_bytes(folder / "a"), "new a");
      EXPECT_EQ(tests::read_bytes(folder / "b"), "new b");
      EXPECT_EQ(n_entries(folder.path()), 2U);
    }
  }
}

TEST(OutputPair, StandsOrFallsTogetherWhereAFolderCannotBeSynced) {
  const tests::TemporaryFolder folder;
  for (const char* name : {"first", "second"}) fs::create_directory(folder / name);
  for (const bool of_second : {false, true}) {
    tests::write_bytes(folder / "first/a", "old a");
    tests::ChangedCalls calls;
    calls.unsynced = folder / (of_second ? "second" : "first");
    {
      core::StagedOutput a(folder / "first/a"), b(folder / "second/b");
      tests::write_bytes(a.path(), "new a");
      tests::write_bytes(b.path(), "new b");
      SCTAB_EXPECT_THROW_WITH(commit_both(a, b), core::InputError, calls.unsynced.c_str(), "cannot be written to disk");
    }
    EXPECT_EQ(tests::read_bytes(folder / "first/a"), of_second ? "new a" : "old a");
    EXPECT_EQ(fs::exists(folder / "second/b"), of_second);
    EXPECT_EQ(n_entries(folder / "first"), 1U);
  }
}

TEST(OutputPair, LeavesAllAsItWasWhereTheFirstFails) {
  const tests::TemporaryFolder folder;
  tests::write_bytes(folder / "a", "old a");
  tests::write_bytes(folder / "b", "old b");
  {
    core::StagedOutput a(folder / "a"), b(folder / "b");
    tests::write_bytes(b.path(), "new b");  // a is never written
    EXPECT_THROW(commit_both(a, b), core::InputError);
  }
  EXPECT_EQ(tests::read_bytes(folder / "a"), "old a");
  EXPECT_EQ(tests::read_bytes(folder / "b"), "old b");
  EXPECT_EQ(n_entries(folder.path()), 2U);
}

TEST(OutputPair, LeavesNeitherWhereTheSecondFailsAndNoneStoodThere) {
  const tests::TemporaryFolder folder;
  {
    core::StagedOutput a(folder / "a"), b(folder / "b");
    tests::write_bytes(a.path(), "new a");
    EXPECT_THROW(commit_both(a, b), core::InputError);
  }
  EXPECT_EQ(n_entries(folder.path()), 0U);
}

TEST(FileCopy, CopiesEveryByteAndMakesTheCopyWritable) {
  const tests::TemporaryFolder folder;
  std::string text(3'000'001, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * i % 251);
  tests::write_bytes(folder / "from", text);
  fs::permissions(folder / "from", fs::perms::owner_read);
  duplicate_file(folder / "from", folder / "to");
  EXPECT_EQ(tests::read_bytes(folder / "to"), text);
  EXPECT_NE(fs::status(folder / "to").permissions() & fs::perms::owner_write, fs::perms::none);
}

TEST(FileCopy, CopiesAnEmptyFileAndAcrossFileSystems) {
  const tests::TemporaryFolder folder;
  tests::write_bytes(folder / "empty", "");
  duplicate_file(folder / "empty", folder / "copy");
  EXPECT_EQ(fs::file_size(folder / "copy"), 0U);
  const fs::path memory = "/dev/shm";
  if (!fs::is_directory(memory)) GTEST_SKIP() << "no second file system at /dev/shm";
  tests::write_bytes(folder / "from", "text");
  const fs::path target = memory / ("sctab-copy-test-" + std::to_string(::getpid()));
  duplicate_file(folder / "from", target);
  EXPECT_EQ(tests::read_bytes(target), "text");
  fs::remove(target);
}

TEST(FileCopy, GoesOnWhereTheKernelsCopyEndsEarly) {
  const tests::TemporaryFolder folder;
  std::string text(10'000, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * i % 251);
  tests::write_bytes(folder / "from", text);
  for (const std::size_t first : {0U, 4'000U}) {
    tests::ChangedCalls calls;
    calls.copy_file_range = [left = first](std::size_t n) mutable { return std::min(n, std::exchange(left, 0)); };
    const auto target = folder / std::to_string(first);
    duplicate_file(folder / "from", target);
    EXPECT_EQ(tests::read_bytes(target), text) << first;
  }
}

TEST(FileCopy, NamesAFileThatEndsBeforeItsSize) {
  const tests::TemporaryFolder folder;
  tests::write_bytes(folder / "from", std::string(10'000, 'x'));
  tests::ChangedCalls calls;
  calls.copy_file_range = [](std::size_t) { return 0; };
  calls.sendfile = [left = std::size_t{4'000}](std::size_t n) mutable { return std::min(n, std::exchange(left, 0)); };
  SCTAB_EXPECT_THROW_WITH(duplicate_file(folder / "from", folder / "to"), core::InputError, "from", "ends after");
}

TEST(FileCopy, EndsEarlyWhenAsked) {
  const tests::TemporaryFolder folder;
  tests::write_bytes(folder / "from", std::string(10'000, 'x'));
  std::stop_source stop;
  tests::ChangedCalls calls;
  calls.copy_file_range = [&stop, n_calls = 0](std::size_t) mutable {
    if (++n_calls == 3) stop.request_stop();
    return 1'000;
  };
  duplicate_file(folder / "from", folder / "to", stop.get_token());
  EXPECT_EQ(fs::file_size(folder / "to"), 3'000U);
}

TEST(FileCopy, NamesTheMissingFileAndStopsAtCtrlC) {
  const tests::TemporaryFolder folder;
  SCTAB_EXPECT_THROW_WITH(duplicate_file(folder / "none", folder / "to"), core::InputError, "none");
  tests::write_bytes(folder / "from", "text");
  core::set_interrupted(true);
  EXPECT_THROW(duplicate_file(folder / "from", folder / "to"), core::Interrupted);
  core::set_interrupted(false);
}

}  // namespace
}  // namespace sctab::annotate
