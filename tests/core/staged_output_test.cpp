#include "sctab/core/staged_output.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "sctab/core/error.hpp"
#include "support/changed_calls.hpp"
#include "support/fixtures.hpp"

namespace sctab::core {
namespace {
namespace fs = std::filesystem;

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(StagedOutput, AppearsOnlyWhenCommitted) {
  const tests::TemporaryFolder folder;
  StagedOutput out(folder / "a.txt");
  std::ofstream(out.path()) << "whole";
  EXPECT_FALSE(fs::exists(folder / "a.txt"));
  out.commit();
  EXPECT_EQ(tests::read_bytes(folder / "a.txt"), "whole");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(StagedOutput, LeavesTheEarlierFileWithoutCommit) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder / "a.txt") << "earlier";
  {
    StagedOutput out(folder / "a.txt");
    std::ofstream(out.path()) << "half";
  }
  EXPECT_EQ(tests::read_bytes(folder / "a.txt"), "earlier");
  EXPECT_EQ(entries(folder.path()), 1U);
}

void expect_replaces_a_directory_whole(const fs::path& folder, const fs::path& target) {
  fs::create_directory(folder / "model");
  std::ofstream(folder / "model" / "old") << "old";
  StagedOutput out(target);
  fs::create_directory(out.path());
  std::ofstream(out.path() / "new") << "new";
  out.commit();
  EXPECT_FALSE(fs::exists(folder / "model" / "old"));
  EXPECT_EQ(tests::read_bytes(folder / "model" / "new"), "new");
  EXPECT_EQ(entries(folder / "model"), 1U);
  EXPECT_EQ(entries(folder), 1U);
}

TEST(StagedOutput, ReplacesADirectoryWhole) {
  const tests::TemporaryFolder folder;
  expect_replaces_a_directory_whole(folder.path(), folder / "model/");
}

TEST(StagedOutput, ReplacesADirectoryWhereNamesCannotBeExchanged) {
  tests::ChangedCalls calls;
  calls.no_exchange = true;
  const tests::TemporaryFolder folder;
  expect_replaces_a_directory_whole(folder.path(), folder / "model");
}

TEST(StagedOutput, NeverReplacesADirectoryByAFileNorAFileByADirectory) {
  const tests::TemporaryFolder folder;
  fs::create_directory(folder / "thesis");
  std::ofstream(folder / "thesis" / "chapter-1") << "years of work";
  {
    StagedOutput out(folder / "thesis");
    std::ofstream(out.path()) << "file";
    SCTAB_EXPECT_THROW_WITH(out.commit(), InputError, "thesis: is a folder");
  }
  EXPECT_EQ(tests::read_bytes(folder / "thesis" / "chapter-1"), "years of work");
  std::ofstream(folder / "a") << "file";
  {
    StagedOutput out(folder / "a");
    fs::create_directory(out.path());
    SCTAB_EXPECT_THROW_WITH(out.commit(), InputError, "a: cannot be written", "Not a directory");
  }
  EXPECT_EQ(tests::read_bytes(folder / "a"), "file");
  EXPECT_EQ(entries(folder.path()), 2U);
}

TEST(WriteFileAtomically, RefusesAFolderOrALinkToOne) {
  const tests::TemporaryFolder folder;
  fs::create_directory(folder / "thesis");
  std::ofstream(folder / "thesis" / "chapter-1") << "years of work";
  fs::create_directory_symlink(folder / "thesis", folder / "link");
  for (const char* name : {"thesis", "thesis/", "link", "thesis/."}) {
    SCTAB_EXPECT_THROW_WITH(require_writable_file(folder / name), InputError, "thesis: is a folder");
    SCTAB_EXPECT_THROW_WITH(write_file_atomically(folder / name, "text"), InputError, "thesis: is a folder");
  }
  SCTAB_EXPECT_THROW_WITH(require_writable_file(folder / "none/a.txt"), InputError, "none", "does not exist");
  EXPECT_EQ(tests::read_bytes(folder / "thesis" / "chapter-1"), "years of work");
  EXPECT_NO_THROW(require_writable_file(folder / "thesis" / "chapter-1"));
  EXPECT_EQ(tests::read_bytes(folder / "thesis" / "chapter-1"), "years of work");
  write_file_atomically(folder / "thesis" / "chapter-1", "more");
  EXPECT_EQ(tests::read_bytes(folder / "thesis" / "chapter-1"), "more");
  EXPECT_EQ(entries(folder / "thesis"), 1U);
}

TEST(StagedOutput, NeverLeavesTheNameOfADirectoryEmpty) {
  const tests::TemporaryFolder folder;
  fs::create_directory(folder / "model");
  std::atomic<bool> done{false};
  std::atomic<int> n_looks{0}, n_missing{0};
  std::thread watcher([&] {
    for (; !done; ++n_looks) n_missing += fs::exists(folder / "model") ? 0 : 1;
  });
  for (int i = 0; i < 200 || n_looks < 1'000; ++i) {
    StagedOutput out(folder / "model");
    fs::create_directory(out.path());
    out.commit();
  }
  done = true;
  watcher.join();
  EXPECT_EQ(n_missing, 0) << "or does this file system lack RENAME_EXCHANGE?";
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(StagedOutput, RefusesAMountPointAtOnce) {
  SCTAB_EXPECT_THROW_WITH(StagedOutput("/proc"), InputError, "/proc", "is a mount point", "within it");
}

TEST(SyncDirectory, LetsFileSystemsBeThatKnowNoSuchThing) {
  const int fd = ::open("/proc/self", O_RDONLY | O_DIRECTORY);
  ASSERT_GE(fd, 0);
  const bool known = ::fsync(fd) == 0;
  ::close(fd);
  if (known) GTEST_SKIP() << "this kernel syncs /proc";
  EXPECT_NO_THROW(sync_directory("/proc/self"));
  EXPECT_THROW(sync_directory("/no/such/folder"), InputError);
}

/// Without the rights of root, which may read everything.
class AsNobody {
 public:
  AsNobody() : was_(::geteuid()) {
    if (was_ == 0) {
      EXPECT_EQ(::seteuid(65'534), 0);
    }
  }
  ~AsNobody() { EXPECT_EQ(::seteuid(was_), 0); }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  uid_t was_;
};

TEST(StagedOutput, CommitsInAFolderThatMayOnlyBeWrittenTo) {
  const tests::TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms::all);
  {
    const AsNobody nobody;
    fs::create_directory(folder / "drop");
    fs::permissions(folder / "drop", fs::perms::owner_write | fs::perms::owner_exec);
    EXPECT_NO_THROW(write_file_atomically(folder / "drop/a.txt", "whole"));
    fs::permissions(folder / "drop", fs::perms::owner_all);
    EXPECT_EQ(tests::read_bytes(folder / "drop/a.txt"), "whole");
  }
}

TEST(StagedOutput, ReplacesWhatALinkLeadsTo) {
  const tests::TemporaryFolder folder;
  fs::create_directory(folder / "big");
  fs::create_directory_symlink(folder / "big", folder / "link");
  StagedOutput out(folder / "link");
  fs::create_directory(out.path());
  std::ofstream(out.path() / "new") << "new";
  out.commit();
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(tests::read_bytes(folder / "big" / "new"), "new");
}

TEST(StagedOutput, NamesAFolderThatIsNotThere) {
  const tests::TemporaryFolder folder;
  SCTAB_EXPECT_THROW_WITH(StagedOutput(folder / "none/a.txt"), InputError, "none", "does not exist");
  EXPECT_THROW(StagedOutput(""), InputError);
}

TEST(StagedOutput, TemporaryNamesAreThoseOfTheirTargets) {
  const tests::TemporaryFolder folder;
  const StagedOutput out(folder / "a.sctab.h5ad");
  EXPECT_EQ(target_name(out.path().string()), (folder / "a.sctab.h5ad").string());
  EXPECT_EQ(target_name(out.path().filename().string() + "/train-00000.h5ad"), "a.sctab.h5ad/train-00000.h5ad");
  EXPECT_EQ(target_name(".a.h5ad.12-0.tmp.old"), "a.h5ad");
  EXPECT_EQ(target_name(".a.h5ad.12-0-0123abcd.tmp"), "a.h5ad");
  for (const char* name : {"./.hidden/a.tmp", ".hidden.tmp", ".a.b.tmp", ".a.-1.tmp", ".a.1-.tmp", ".a.1-2-3.tmp",
                           ".a.1-2-0123abcg.tmp", ".a.1-2-0123abcd-.tmp", "a.h5ad.old", "/tmp/", "..", "/", ""}) {
    EXPECT_EQ(target_name(name), name);
  }
}

class LeftBehind : public testing::Test {
 protected:
  LeftBehind() {
    // The name that this process would give, but for the process: ".a.h5ad.", "-SERIAL-SPACE.tmp".
    const std::string name = StagedOutput(folder_ / "a.h5ad").path().filename().string();
    const std::size_t process = std::string(".a.h5ad.").size(), space = name.rfind('-');
    ending_ = name.substr(space);
    EXPECT_EQ(name.substr(process, name.find('-') - process), std::to_string(::getpid()));
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
    dead_ = std::to_string(child);
  }
  /// A file as a process leaves it that is killed.
  fs::path leave(const std::string& target, const std::string& process, const std::string& ending) const {
    const fs::path path = folder_ / ("." + target + "." + process + ending);
    std::ofstream(path) << "half";
    return path;
  }
  void stage() const { const StagedOutput out(folder_ / "a.h5ad"); }

  tests::TemporaryFolder folder_;
  std::string dead_, ending_;
};

TEST_F(LeftBehind, ByADeadProcessGoes) {
  const fs::path file = leave("a.h5ad", dead_, "-7" + ending_);
  const fs::path folder = folder_ / (".a.h5ad." + dead_ + "-8" + ending_);
  fs::create_directory(folder);
  std::ofstream(folder / "shard") << "half";
  const fs::path earlier_with_our_number = leave("a.h5ad", std::to_string(::getpid()), "-4000000000" + ending_);
  stage();
  EXPECT_FALSE(fs::exists(file));
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_FALSE(fs::exists(earlier_with_our_number));
}

TEST_F(LeftBehind, StaysWhereItMayBeOfALivingOne) {
  const std::string parent = std::to_string(::getppid()), own = std::to_string(::getpid());
  const std::vector<fs::path> kept = {leave("b.h5ad", dead_, "-7" + ending_),         // another target
                                      leave("a.h5ad", parent, "-7" + ending_),        // a process that lives
                                      leave("a.h5ad", own, "-0" + ending_),           // of this process
                                      leave("a.h5ad", dead_, "-7-0123abcd.tmp"),      // another machine, or container
                                      leave("a.h5ad", dead_, "-7.tmp"),               // one that is not known
                                      leave("a.h5ad", dead_, "-7" + ending_ + "x")};  // a user's
  stage();
  for (const fs::path& path : kept) EXPECT_TRUE(fs::exists(path)) << path;
}

TEST_F(LeftBehind, ComesBackWhereItIsTheOnlyCopyOfAnEarlierOutput) {
  const fs::path aside = leave("a.h5ad", dead_, "-7" + ending_ + ".old");
  stage();
  EXPECT_FALSE(fs::exists(aside));
  EXPECT_EQ(tests::read_bytes(folder_ / "a.h5ad"), "half");
  std::ofstream(folder_ / "a.h5ad") << "whole";
  EXPECT_TRUE(fs::exists(leave("a.h5ad", dead_, "-7" + ending_ + ".old")));
  stage();
  EXPECT_FALSE(fs::exists(aside));
  EXPECT_EQ(tests::read_bytes(folder_ / "a.h5ad"), "whole");
}

TEST_F(LeftBehind, OfAnotherUserStays) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs the rights of root";
  const fs::path path = leave("a.h5ad", dead_, "-7" + ending_);
  ASSERT_EQ(::chown(path.c_str(), 65'534, 65'534), 0);
  stage();
  EXPECT_TRUE(fs::exists(path));
}

TEST(MoveIntoPlace, ReplacesAFolderWhole) {
  for (const bool no_exchange : {false, true}) {
    const tests::TemporaryFolder folder;
    tests::ChangedCalls calls;
    calls.no_exchange = no_exchange;
    fs::create_directory(folder / "store");
    std::ofstream(folder / "store" / "old") << "old";
    fs::create_directory(folder / "store.build");
    std::ofstream(folder / "store.build" / "new") << "new";
    move_into_place(folder / "store.build", folder / "store/");
    EXPECT_EQ(tests::read_bytes(folder / "store" / "new"), "new");
    EXPECT_EQ(entries(folder / "store"), 1U);
    EXPECT_EQ(entries(folder.path()), 1U);
  }
}

TEST(MoveIntoPlace, KeepsTheFolderWhereItFails) {
  const tests::TemporaryFolder folder;
  fs::create_directory(folder / "store.build");
  std::ofstream(folder / "store.build" / "new") << "new";
  std::ofstream(folder / "store") << "a file";
  EXPECT_THROW(move_into_place(folder / "store.build", folder / "store"), InputError);
  EXPECT_EQ(tests::read_bytes(folder / "store.build" / "new"), "new");
  EXPECT_EQ(tests::read_bytes(folder / "store"), "a file");
  fs::remove(folder / "store");
  {
    tests::ChangedCalls calls;
    calls.unsynced = folder / "store.build" / "new";
    SCTAB_EXPECT_THROW_WITH(move_into_place(folder / "store.build", folder / "store"), InputError, "store.build",
                            "cannot be written to disk");
  }
  EXPECT_EQ(tests::read_bytes(folder / "store.build" / "new"), "new");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(MoveIntoPlace, ThatCannotBeSyncedHasMoved) {
  const tests::TemporaryFolder folder;
  fs::create_directory(folder / "store.build");
  std::ofstream(folder / "store.build" / "new") << "new";
  tests::ChangedCalls calls;
  calls.unsynced = folder.path();
  EXPECT_THROW(move_into_place(folder / "store.build", folder / "store"), InputError);
  EXPECT_EQ(tests::read_bytes(folder / "store" / "new"), "new");
  EXPECT_EQ(entries(folder.path()), 1U);
}

}  // namespace
}  // namespace sctab::core
