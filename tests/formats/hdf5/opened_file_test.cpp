// HDF5 files that are in use, or newer than libhdf5.
#include "sctab/formats/hdf5/opened_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>

#include "sctab/core/error.hpp"
#include "sctab/core/file_descriptor.hpp"
#include "sctab/formats/hdf5/structure/lookup3.hpp"
#include "support/fixtures.hpp"
#include "support/python.hpp"

namespace sctab::hdf5::tests {
namespace {

class OpenedFileTest : public testing::Test {
 protected:
  void SetUp() override {
    SCTAB_NEED_PYTHON_ANNDATA();
    const auto made = sctab::tests::run_python("formats/hdf5/open_files.py", folder_.path().string());
    ASSERT_EQ(made.status, 0) << made.output;
  }

  sctab::tests::TemporaryFolder folder_;
};

TEST_F(OpenedFileTest, AFileThatAnotherProgramWritesIsNamed) {
  const std::filesystem::path path = folder_ / "latest.h5";
  {
    const core::FileDescriptor writer = core::FileDescriptor::open(path, O_RDWR);
    ASSERT_EQ(::flock(writer.get(), LOCK_EX), 0);
    SCTAB_EXPECT_THROW_WITH(OpenedFile(path, false), core::InputError, path.c_str(),
                            "is being written by another program", "close it there");
  }
  const core::FileDescriptor reader = core::FileDescriptor::open(path, O_RDONLY);
  ASSERT_EQ(::flock(reader.get(), LOCK_SH), 0);
  EXPECT_NO_THROW(OpenedFile(path, false));
}

TEST_F(OpenedFileTest, AFileThatItsWriterDidNotCloseIsNamed) {
  SCTAB_EXPECT_THROW_WITH(OpenedFile(folder_ / "left-open.h5", false), core::InputError, "left-open.h5",
                          "is marked as open for writing", "h5clear -s");
}

/// Makes the checksum of the object header around `at` right again, whose end only the old one tells.
void sign_header(const std::string& before, std::size_t at, std::string& file) {
  const std::size_t begin = before.rfind("OHDR", at);
  ASSERT_NE(begin, std::string::npos);
  for (std::size_t end = at; end + sizeof(std::uint32_t) <= file.size(); ++end) {
    const auto checksum_of = [begin, end](const std::string& bytes) {
      return structure::lookup3(std::as_bytes(std::span(bytes)).subspan(begin, end - begin));
    };
    std::uint32_t stored = 0;
    std::memcpy(&stored, before.data() + end, sizeof(stored));
    if (stored != checksum_of(before)) continue;
    const std::uint32_t checksum = checksum_of(file);
    std::memcpy(file.data() + end, &checksum, sizeof(checksum));
    return;
  }
  FAIL() << "the header has no end";
}

// HDF5 2.0 writes them for libver="latest": a layout of version 5.
TEST_F(OpenedFileTest, ChunksOfHdf5Version2AreNamed) {
  const std::string before = sctab::tests::read_bytes(folder_ / "latest.h5");
  constexpr std::string_view kLayout("\x04\x02\x00\x02\x01\x0a\x08", 7);  // chunks of 10 × 8 bytes
  const std::size_t at = before.find(kLayout);
  ASSERT_NE(at, std::string::npos);
  std::string file = before;
  file[at] = 5;
  sign_header(before, at, file);
  sctab::tests::write_bytes(folder_ / "newer.h5", file);
  SCTAB_EXPECT_THROW_WITH(OpenedFile(folder_ / "newer.h5", false), core::InputError,
                          "newer.h5: chunked: has chunks as HDF5 2.0", "libver");
}

}  // namespace
}  // namespace sctab::hdf5::tests
