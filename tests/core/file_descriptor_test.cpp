#include "sctab/core/file_descriptor.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <array>
#include <cerrno>

#include "support/fixtures.hpp"

namespace sctab::core {
namespace {

using Bytes = std::array<std::byte, 4>;

TEST(FileDescriptor, ReadsWhatWasWrittenAtAnOffset) {
  const tests::TemporaryFolder folder;
  const FileDescriptor file = FileDescriptor::open(folder / "a", O_RDWR | O_CREAT | O_EXCL);
  ASSERT_TRUE(file.is_open());
  const Bytes written = {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
  ASSERT_EQ(write_at(file.get(), 3, written), 0);
  Bytes read{};
  EXPECT_EQ(read_at(file.get(), 3, read), 0);
  EXPECT_EQ(read, written);
  EXPECT_EQ(read_at(file.get(), 4, read), kFileEnds);
  EXPECT_EQ(read_at(-1, 0, read), EBADF);
}

TEST(FileDescriptor, SaysWhyItIsNotOpen) {
  const tests::TemporaryFolder folder;
  const FileDescriptor file = FileDescriptor::open(folder / "missing", O_RDONLY);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_FALSE(file.is_open());
}

TEST(FileDescriptor, ClosesOnceWhenMoved) {
  const tests::TemporaryFolder folder;
  int number = -1;
  {
    FileDescriptor first = FileDescriptor::open(folder / "a", O_RDWR | O_CREAT);
    number = first.get();
    const FileDescriptor second = std::move(first);
    EXPECT_EQ(second.get(), number);
    EXPECT_EQ(::fcntl(number, F_GETFD), FD_CLOEXEC);
  }
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
}

}  // namespace
}  // namespace sctab::core
