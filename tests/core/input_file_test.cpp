#include "sctab/core/input_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/text_file.hpp"
#include "support/fixtures.hpp"

namespace sctab::core {
namespace {

namespace fs = std::filesystem;

TEST(OpenInput, TakesFilesAlone) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder / "file") << "text";
  fs::create_symlink("file", folder / "link");
  for (const char* name : {"file", "link"}) EXPECT_TRUE(open_input(folder / name).is_open()) << name;
  SCTAB_EXPECT_THROW_WITH((void)open_input(folder / "missing", {.expected = "a csv", .next_step = "make one"}),
                          InputError, "missing: no such file; expected a csv; make one");
  SCTAB_EXPECT_THROW_WITH((void)open_input(folder / "file" / "below"), InputError, "no such file");
  SCTAB_EXPECT_THROW_WITH((void)open_input(folder.path()), InputError, "is a folder");
  SCTAB_EXPECT_THROW_WITH((void)open_input("/dev/null"), InputError, "is a device");
}

TEST(OpenInput, DoesNotWaitForTheWriterOfAFifo) {
  const tests::TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  SCTAB_EXPECT_THROW_WITH((void)open_input(folder / "fifo"), InputError, "is a FIFO");
  SCTAB_EXPECT_THROW_WITH((void)read_json(folder / "fifo"), InputError, "is a FIFO");
}

TEST(ReadInput, TakesPipesWhereAPersonMayNameThem) {
  const tests::TemporaryFolder folder;
  const fs::path fifo = folder / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(fifo) << std::string(300'000, 'a'); });
  EXPECT_EQ(read_input(fifo, {.streams = true}, 1'000'000).size(), 300'000U);
  writer.join();
}

TEST(ReadInput, EndsWhereAnInputIsEndless) {
  SCTAB_EXPECT_THROW_WITH((void)read_text_file("/dev/zero", "a csv"), InputError, "/dev/zero", "is not UTF-8 text");
  const tests::TemporaryFolder folder;
  std::ofstream(folder / "file") << std::string(1001, 'a');
  EXPECT_EQ(read_input(folder / "file", {}, 1001).size(), 1001U);
  SCTAB_EXPECT_THROW_WITH((void)read_input(folder / "file", {}, 1000), InputError, "is larger than 1.0 kB",
                          "check that it is the right file");
}

TEST(RequireUnchanged, SeesWhatWritingReplacingAndRemovingDo) {
  const tests::TemporaryFolder folder;
  const fs::path file = folder / "file";
  const auto write = [](const fs::path& path, const char* text) { std::ofstream(path) << text; };
  write(file, "first");
  const FileDescriptor open = open_input(file);
  const FileIdentity before = identity_of(open, file);
  EXPECT_EQ(before.bytes, 5);
  EXPECT_NO_THROW(require_unchanged(file, before));
  const auto written = fs::last_write_time(file);

  write(file, "second");
  fs::last_write_time(file, written);
  SCTAB_EXPECT_THROW_WITH(require_unchanged(file, before), InputError, "file: changed while it was read");
  EXPECT_FALSE(identity_of(open, file) == before) << "another size";

  write(file, "other");
  fs::last_write_time(file, written);
  EXPECT_NO_THROW(require_unchanged(file, before)) << "as far as the system tells";
  fs::last_write_time(file, written + std::chrono::nanoseconds(1));
  EXPECT_THROW(require_unchanged(file, before), InputError);
  fs::last_write_time(file, written);

  write(folder / "copy", "first");
  fs::last_write_time(folder / "copy", written);
  fs::rename(folder / "copy", file);
  EXPECT_THROW(require_unchanged(file, before), InputError) << "another file";
  fs::remove(file);
  EXPECT_THROW(require_unchanged(file, before), InputError);
}

TEST(ReadInput, TakesNoMoreThanTheBudget) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder / "file") << std::string(16'000'001, 'a');
  set_memory_budget(100'000'000);
  EXPECT_EQ(read_input(folder / "file", {.expansion = 5}, 1U << 30U).size(), 16'000'001U);
  SCTAB_EXPECT_THROW_WITH((void)read_input(folder / "file", {.expansion = 10}, 1U << 30U), InputError,
                          "is larger than 16.0 MB", "--memory");
  set_memory_budget(0);
}

class Signal : public testing::Test {
 protected:
  Signal() {
    struct sigaction action {};
    action.sa_handler = [](int) { set_interrupted(true); };
    EXPECT_EQ(::sigaction(SIGUSR1, &action, &before_), 0);
  }
  ~Signal() override {
    set_interrupted(false);
    EXPECT_EQ(::sigaction(SIGUSR1, &before_, nullptr), 0);
  }
  /// Sends this thread signals while `work` waits in a call of the system.
  template <typename Work>
  static void during(Work work) {
    set_interrupted(false);
    std::atomic<bool> done{false};
    std::thread sender([&done, waiting = ::pthread_self()] {
      while (!done) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        ::pthread_kill(waiting, SIGUSR1);
      }
    });
    work();
    done = true;
    sender.join();
  }

 private:
  struct sigaction before_ {};
};

TEST_F(Signal, EndsTheWaitForTheWriterOfAFifo) {
  const tests::TemporaryFolder folder;
  const fs::path fifo = folder / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  during([&] { EXPECT_THROW((void)open_input(fifo, {.streams = true}), Interrupted); });
  const FileDescriptor writer(::open(fifo.c_str(), O_RDWR));
  during([&] { EXPECT_THROW((void)read_input(fifo, {.streams = true}, 1000), Interrupted); });
}

TEST(ReadInput, ReadsFilesOfProcWhichHaveNoSize) {
  EXPECT_GT(read_input("/proc/self/status", {}, 100'000).size(), 100U);
}

}  // namespace
}  // namespace sctab::core
