#include "sctab/core/input_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "sctab/core/json_file.hpp"
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

TEST(ReadInput, ReadsFilesOfProcWhichHaveNoSize) {
  EXPECT_GT(read_input("/proc/self/status", {}, 100'000).size(), 100U);
}

}  // namespace
}  // namespace sctab::core
