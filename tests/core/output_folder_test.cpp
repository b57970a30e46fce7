#include "sctab/core/output_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>
#include <vector>

#include "sctab/core/error.hpp"
#include "support/changed_calls.hpp"
#include "support/fixtures.hpp"

namespace sctab::core {
namespace {

namespace fs = std::filesystem;
using tests::read_bytes;
using tests::write_bytes;

/// A cake has cake.json, layers and, in slices/, slices.
FolderKind cake() {
  return {.noun = "cake",
          .marker = "cake.json",
          .is_ours = [](const std::string& name) { return name == "cake.json" || name.starts_with("layer"); },
          .subfolder = "slices",
          .is_ours_in_subfolder = [](const std::string& name) { return name.starts_with("slice"); },
          .describe =
              [](const fs::path& folder) {
                const std::string text = read_bytes(folder / "cake.json");
                if (text != "eggs") throw InputError({.found = "no eggs"});
                return std::string("a finished cake of ") + text;
              }};
}

class OutputFolder : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& content) const {
    fs::create_directories((out_ / name).parent_path());
    write_bytes(out_ / name, content);
  }
  void bake() const {
    write("cake.json", "eggs");
    write("layer-1", "old");
    write("layer-2", "old");
    write("slices/slice-1", "old");
  }
  /// Bakes another one, of one layer.
  void bake_again(bool overwrite) const {
    StagedFolder staged(out_, cake(), overwrite);
    fs::create_directory(staged.path());
    write_bytes(staged.path() / "cake.json", "eggs");
    write_bytes(staged.path() / "layer-1", "new");
    staged.commit();
  }
  /// Names of all files and folders in the output.
  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(out_)) {
      names.insert(entry.path().lexically_relative(out_).string());
    }
    return names;
  }
  void expect_refused(bool overwrite, const char* found, const char* next) const {
    const std::set<std::string> before = names();
    SCTAB_EXPECT_THROW_WITH(bake_again(overwrite), InputError, out_.c_str(), found, next);
    EXPECT_EQ(names(), before);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1);
  }

  tests::TemporaryFolder folder_;
  fs::path out_ = folder_ / "out";
};

TEST_F(OutputFolder, IsMadeWhereThereIsNoneOrAnEmptyOne) {
  bake_again(false);
  EXPECT_EQ(names(), (std::set<std::string>{"cake.json", "layer-1"}));
  fs::remove_all(out_);
  fs::create_directory(out_);
  bake_again(false);
  EXPECT_EQ(read_bytes(out_ / "layer-1"), "new");
}

TEST_F(OutputFolder, OfOthersOrAFileIsNeverReplaced) {
  write("thesis.txt", "years");
  for (const bool overwrite : {false, true}) expect_refused(overwrite, "no cake.json", "choose another -o");
  write("cake.json", "{}");  // many programs have a file of that name
  for (const bool overwrite : {false, true}) {
    expect_refused(overwrite, "has a cake.json that cannot be read as that of a cake", "choose another -o");
  }
  fs::remove_all(out_);
  write_bytes(out_, "a file");
  for (const bool overwrite : {false, true}) {
    SCTAB_EXPECT_THROW_WITH(bake_again(overwrite), InputError, "out", "is a file");
  }
}

TEST_F(OutputFolder, ThatIsFinishedIsReplacedIfThatIsAskedFor) {
  bake();
  expect_refused(false, "is a finished cake of eggs; choose another -o, or replace it with --overwrite", "--overwrite");
  bake_again(true);
  EXPECT_EQ(names(), (std::set<std::string>{"cake.json", "layer-1"}));
  EXPECT_EQ(read_bytes(out_ / "layer-1"), "new");
}

TEST_F(OutputFolder, FilesOfOthersStay) {
  bake();
  write("notes.txt", "mine");
  write("slices/plot.png", "mine");
  write("photos/a/b.jpg", "mine");
  fs::create_symlink("nowhere", out_ / "link");
  ASSERT_EQ(::mkfifo((out_ / "fifo").c_str(), 0600), 0);
  ASSERT_EQ(::chmod((out_ / "notes.txt").c_str(), 0640), 0);
  const auto time = fs::last_write_time(out_ / "notes.txt");
  expect_refused(false, "next to fifo, link, notes.txt and 2 more, which sctab did not write", "keeps the other files");
  for (const bool no_exchange : {false, true}) {
    tests::ChangedCalls calls;
    calls.no_exchange = no_exchange;
    bake_again(true);
    EXPECT_EQ(names(), (std::set<std::string>{"cake.json", "layer-1", "notes.txt", "slices", "slices/plot.png",
                                              "photos", "photos/a", "photos/a/b.jpg", "link", "fifo"}));
    EXPECT_EQ(read_bytes(out_ / "photos" / "a" / "b.jpg"), "mine");
    EXPECT_EQ(fs::read_symlink(out_ / "link"), "nowhere");
    EXPECT_TRUE(fs::is_fifo(out_ / "fifo"));
    EXPECT_EQ(fs::last_write_time(out_ / "notes.txt"), time);
    EXPECT_EQ(fs::status(out_ / "notes.txt").permissions(), fs::perms{0640});
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1);
  }
}

TEST_F(OutputFolder, FilesOfOthersAreCopiedOnFileSystemsWithoutLinks) {
  bake();
  write("photos/b.jpg", "mine");
  fs::create_symlink("nowhere", out_ / "link");
  const auto time = fs::last_write_time(out_ / "photos" / "b.jpg");
  tests::ChangedCalls calls;
  calls.no_links = true;
  bake_again(true);
  EXPECT_EQ(names(), (std::set<std::string>{"cake.json", "layer-1", "photos", "photos/b.jpg", "link"}));
  EXPECT_EQ(read_bytes(out_ / "photos" / "b.jpg"), "mine");
  EXPECT_EQ(fs::last_write_time(out_ / "photos" / "b.jpg"), time);
  EXPECT_EQ(fs::read_symlink(out_ / "link"), "nowhere");
  ASSERT_EQ(::mkfifo((out_ / "fifo").c_str(), 0600), 0);
  expect_refused(true, "fifo: was not written by sctab and cannot be kept", "move it");
}

TEST_F(OutputFolder, WithWhatCannotBeKeptIsRefusedBeforeAnyWork) {
  bake();
  fs::create_directory(out_ / "layer-7");
  expect_refused(true, "layer-7: was not written by sctab and has the name of one of the cake's own files", "move it");
  fs::remove(out_ / "layer-7");
  fs::remove_all(out_ / "slices");
  write("slices", "a file");
  expect_refused(true, "slices: was not written by sctab", "move it");
}

TEST_F(OutputFolder, ThatAppearsMeanwhileIsNotReplaced) {
  StagedFolder staged(out_, cake(), false);
  fs::create_directory(staged.path());
  bake();
  SCTAB_EXPECT_THROW_WITH(staged.commit(), InputError, "is a finished cake", "--overwrite");
  EXPECT_EQ(read_bytes(out_ / "layer-1"), "old");
}

TEST_F(OutputFolder, KeepsFilesOfOthersUnderASecondName) {
  bake();
  write("notes.txt", "mine");
  write("slices/plot.png", "mine");
  const fs::path other = folder_ / "other";
  fs::create_directory(other);
  write_bytes(other / "layer-1", "new");
  std::vector<fs::path> kept;
  keep_other_files(out_, cake(), other, kept);
  EXPECT_TRUE(fs::equivalent(other / "notes.txt", out_ / "notes.txt"));
  EXPECT_TRUE(fs::exists(other / "slices" / "plot.png"));
  EXPECT_EQ(kept, (std::vector<fs::path>{"notes.txt", "slices/plot.png"}));
  EXPECT_EQ(read_bytes(other / "layer-1"), "new");
  EXPECT_EQ(read_bytes(out_ / "notes.txt"), "mine");
}

}  // namespace
}  // namespace sctab::core
