#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <thread>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/formats/streams/file_stream.hpp"
#include "sctab/formats/streams/gzip_stream.hpp"
#include "sctab/formats/streams/read_ahead.hpp"
#include "support/fixtures.hpp"
#include "support/gzip_bytes.hpp"

namespace sctab::streams {
namespace {

using tests::gzip_bytes;
using tests::TemporaryFolder;
using tests::write_bytes;

/// All of a stream, taken in pieces of this size.
std::string read_all(ByteStream& stream, std::size_t piece) {
  std::string all, part(piece, '\0');
  while (true) {
    const std::size_t n = stream.read(std::as_writable_bytes(std::span(part)));
    all += part.substr(0, n);
    if (n < piece) break;
  }
  EXPECT_EQ(stream.read(std::as_writable_bytes(std::span(part))), 0) << "at the end it stays";
  return all;
}

/// Text that compresses, larger than the buffers.
std::string long_text() {
  std::string text;
  for (int i = 0; i < 60'000; ++i) text += std::to_string(i * 7919 % 1000) + (i % 10 == 9 ? "\n" : ",");
  return text;
}

class Streams : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path write(const std::string& content) const {
    write_bytes(folder_ / "a", content);
    return folder_ / "a";
  }
  std::string read(const std::string& content, std::size_t piece = 10'000) const {
    return read_all(*open_stream(write(content)), piece);
  }
  TemporaryFolder folder_;
};

TEST_F(Streams, GivesPlainFilesAsTheyAre) {
  const std::string text = long_text();
  for (const std::size_t piece : {1UL, 7UL, 16UL, 100'000UL, 10'000'000UL}) EXPECT_EQ(read(text, piece), text) << piece;
  for (const char* few : {"", "a", "ab", "\x1F", "\x1F\x8A"}) EXPECT_EQ(read(few), few);
  EXPECT_FALSE(open_stream(write("a"))->is_compressed());
}

TEST_F(Streams, PeeksWithoutTaking) {
  FileStream file(write("0123456789"));
  EXPECT_EQ(file.peek(3).size(), 3);
  EXPECT_EQ(file.peek(12).size(), 10);
  EXPECT_EQ(file.peek(2).size(), 2);
  std::string part(4, '\0');
  ASSERT_EQ(file.read(std::as_writable_bytes(std::span(part))), 4);
  EXPECT_EQ(part, "0123");
  EXPECT_EQ(static_cast<char>(file.peek(2)[0]), '4');
  EXPECT_EQ(read_all(file, 3), "456789");
}

TEST_F(Streams, UnpacksGzipWhateverItsName) {
  const std::string text = long_text();
  const std::string packed = gzip_bytes(text);
  for (const std::size_t piece : {1UL, 7UL, 100'000UL, 10'000'000UL}) EXPECT_EQ(read(packed, piece), text) << piece;
  EXPECT_TRUE(open_stream(write(packed))->is_compressed());
  EXPECT_EQ(read(gzip_bytes("")), "");
  EXPECT_TRUE(is_gzip(write(packed)));
  EXPECT_FALSE(is_gzip(write("a,b")));
  EXPECT_FALSE(is_gzip(folder_ / "none"));
}

TEST_F(Streams, UnpacksSeveralMembersAndZerosBehindThem) {
  const std::string empty = gzip_bytes("");
  const std::string several = gzip_bytes("one,") + empty + gzip_bytes("two,", 0) + gzip_bytes("three") + empty;
  EXPECT_EQ(read(several), "one,two,three");
  EXPECT_EQ(read(several + std::string(100'000, '\0')), "one,two,three");
}

TEST_F(Streams, RefusesGzipThatIsCutOff) {
  const std::string packed = gzip_bytes(long_text());
  for (std::size_t tenth = 0; tenth < 10; ++tenth) {
    const std::string cut = packed.substr(0, std::max<std::size_t>(2, packed.size() * tenth / 10));
    SCTAB_EXPECT_THROW_WITH(read(cut), core::InputError, (folder_ / "a").string(),
                            "is cut off within its gzip stream; copy or download the file again");
  }
  for (std::size_t missing = 1; missing <= 8; ++missing) {
    SCTAB_EXPECT_THROW_WITH(read(packed.substr(0, packed.size() - missing)), core::InputError, "is cut off");
  }
}

TEST_F(Streams, RefusesDamagedGzip) {
  const std::string text = long_text();
  const std::string packed = gzip_bytes(text);
  // Not the header: its time, its system and the like may be anything.
  for (std::size_t at = 10; at < packed.size(); at += packed.size() / 97) {
    SCOPED_TRACE(at);
    std::string damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_THROW((void)read(damaged), core::InputError);
  }
  std::string length = packed;
  length.back() = static_cast<char>(length.back() ^ 1);
  SCTAB_EXPECT_THROW_WITH(read(length), core::InputError, "is damaged within its gzip stream (incorrect length check)");
  SCTAB_EXPECT_THROW_WITH(read(packed + "more"), core::InputError, "has something else behind its gzip stream");
  SCTAB_EXPECT_THROW_WITH(read(packed + std::string(70'000, '\0') + "more"), core::InputError, "something else behind");
  SCTAB_EXPECT_THROW_WITH(read(packed + packed.substr(0, 1)), core::InputError, "is cut off");
  SCTAB_EXPECT_THROW_WITH(read(packed + "\x1Fqqqqqqqq"), core::InputError, "is damaged within its gzip stream");
}

TEST_F(Streams, RefusesWhatIsNoFile) {
  SCTAB_EXPECT_THROW_WITH(open_stream(folder_ / "none"), core::InputError, "no such file");
  SCTAB_EXPECT_THROW_WITH(open_stream(folder_.path()), core::InputError, "is a folder");
}

TEST_F(Streams, ReadsAPipe) {
  const auto pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::string text = long_text();
  std::thread writer([&] { write_bytes(pipe, gzip_bytes(text)); });
  EXPECT_EQ(read_all(*open_stream(pipe, {.streams = true}), 1000), text);
  writer.join();
}

TEST_F(Streams, ReadsAheadInTheSameOrder) {
  const std::string text = long_text();
  for (const std::size_t block : {1'000UL, 1UL << 20U}) {
    for (const std::size_t piece : {7UL, 10'000UL, 10'000'000UL}) {
      ReadAhead ahead(open_stream(write(gzip_bytes(text))), {.block_bytes = block, .n_blocks = 3});
      EXPECT_EQ(read_all(ahead, piece), text) << block << ' ' << piece;
      EXPECT_TRUE(ahead.is_compressed());
    }
  }
}

TEST_F(Streams, HandsOverWhatGoesWrongAhead) {
  const std::string packed = gzip_bytes(long_text());
  ReadAhead ahead(open_stream(write(packed.substr(0, packed.size() / 2))), {.block_bytes = 1'000, .n_blocks = 3});
  std::string part(1'000, '\0');
  EXPECT_EQ(ahead.read(std::as_writable_bytes(std::span(part))), 1'000);
  EXPECT_EQ(part, long_text().substr(0, 1'000));
  for (int again = 0; again < 2; ++again) {
    SCTAB_EXPECT_THROW_WITH(read_all(ahead, 10'000'000), core::InputError, "is cut off within its gzip stream");
  }
}

TEST_F(Streams, StopsReadingAhead) {
  const ReadAhead ahead(open_stream(write(gzip_bytes(long_text()))), {.block_bytes = 10, .n_blocks = 2});
  EXPECT_EQ(ahead.path(), folder_ / "a");
}

TEST_F(Streams, EndsAtASignal) {
  ReadAhead ahead(open_stream(write(long_text())), {.block_bytes = 100, .n_blocks = 1});
  core::set_interrupted(true);
  EXPECT_THROW((void)read_all(ahead, 10'000), core::Interrupted);
  core::set_interrupted(false);
}

}  // namespace
}  // namespace sctab::streams
