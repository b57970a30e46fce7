#include "sctab/formats/zip/archive.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/memory_budget.hpp"
#include "support/checkpoint_writer.hpp"
#include "support/fixtures.hpp"

namespace sctab::zip::tests {
namespace {

using core::InputError;
using sctab::tests::write_bytes;
using sctab::tests::zip_bytes;
using sctab::tests::ZipEntry;
using sctab::tests::ZipForm;

const std::vector<ZipEntry> kEntries = {{"a/one", "first"}, {"a/two", std::string(100, 'x')}, {"a/none", ""}};

class ArchiveTest : public testing::Test {
 protected:
  Archive open(const std::string& bytes) const {
    write_bytes(path_, bytes);
    return Archive(path_);
  }
  std::string read(const std::string& bytes, const std::string& name) const {
    const auto found = open(bytes).read(name, 10'000);
    return {reinterpret_cast<const char*>(found.data()), found.size()};
  }

  sctab::tests::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "x.ckpt";
};

TEST_F(ArchiveTest, ReadsWhatWasWritten) {
  for (const ZipForm& form : {ZipForm{}, ZipForm{.zip64 = true}, ZipForm{.comment = "a comment"},
                              ZipForm{.flags = 0x808}, ZipForm{.deflates = true},
                              ZipForm{.zip64 = true, .deflates = true}, ZipForm{.comment = std::string(65535, 'c')}}) {
    const std::string bytes = zip_bytes(kEntries, form);
    EXPECT_EQ(open(bytes).entries().size(), 3U);
    for (const ZipEntry& entry : kEntries) EXPECT_EQ(read(bytes, entry.name), entry.bytes) << entry.name;
  }
  EXPECT_TRUE(open(zip_bytes({})).entries().empty());
}

TEST_F(ArchiveTest, WhatCannotBeReadIsNamed) {
  const auto expect_refused = [&](const std::string& bytes, const char* what) {
    SCTAB_EXPECT_THROW_WITH(read(bytes, "a/one"), InputError, "x.ckpt", what);
  };
  expect_refused("", "has 0 bytes; expected a zip file");
  expect_refused(std::string(100, 'x'), "no end record");
  expect_refused(zip_bytes({}), "has no entry a/one");
  expect_refused(zip_bytes({kEntries[0], kEntries[0]}), "lists entry a/one twice");
  expect_refused(zip_bytes(kEntries, {.method = 8}), "a/one cannot be expanded");
  expect_refused(zip_bytes(kEntries, {.method = 12}), "a/one: is encrypted, or compressed by a method");
  expect_refused(zip_bytes(kEntries, {.flags = 1}), "a/one: is encrypted, or compressed by a method");
  std::string other = zip_bytes(kEntries);
  other.replace(other.find("first"), 5, "other");
  expect_refused(other, "a/one has another checksum");
  std::string renamed = zip_bytes(kEntries);
  renamed.replace(renamed.find("a/one"), 5, "b/one");
  expect_refused(renamed, "a/one has another name in its own header");
  SCTAB_EXPECT_THROW_WITH((void)open(zip_bytes(kEntries)).read("a/two", 99), InputError, "100 bytes, and 99 at most");
  SCTAB_EXPECT_THROW_WITH(Archive(folder_ / "none.ckpt"), InputError, "none.ckpt", "no such file");
}

TEST_F(ArchiveTest, PartsOfWhatIsStored) {
  const std::string text = "0123456789";
  const Archive archive = open(zip_bytes({{"a", "before"}, {"digits", text}}));
  std::vector<std::byte> out(4);
  archive.read_part("digits", 3, out);
  EXPECT_EQ(std::memcmp(out.data(), "3456", 4), 0);
  archive.read_part("digits", 6, out);
  SCTAB_EXPECT_THROW_WITH(archive.read_part("digits", 7, out), InputError, "4 bytes at byte 7, and has 10 in all");
  SCTAB_EXPECT_THROW_WITH(archive.read_part("digits", ~std::uint64_t{0}, out), InputError, "x.ckpt");
  SCTAB_EXPECT_THROW_WITH(open(zip_bytes({{"digits", text}}, {.deflates = true})).read_part("digits", 3, out),
                          InputError, "digits: is compressed, and cannot be read in parts");
}

// Python's zipfile, and zarr with it, replaces an entry by adding another one.
TEST_F(ArchiveTest, TheLastOfANameCountsWhereItMay) {
  const std::string bytes = zip_bytes({{"a", "old"}, {"b", "other"}, {"a", "newer"}, {"a", "newest"}});
  write_bytes(path_, bytes);
  const Archive archive(path_, {.last_counts = true});
  EXPECT_EQ(archive.entries().size(), 2U);
  const auto found = archive.read("a", 100);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(found.data()), found.size()), "newest");
  SCTAB_EXPECT_THROW_WITH(Archive(path_, {.expected = "a zarr in a zip file"}), InputError, "lists entry a twice",
                          "expected a zarr in a zip file");
}

TEST_F(ArchiveTest, EntriesDoNotLieOverOneAnother) {
  // The second entry's place in the list becomes the first one's, where another header lies that would do.
  const std::string text(200, 'x');
  std::string bytes = zip_bytes({{"a", text}, {"b", text}});
  const std::size_t list = bytes.find("PK\x01\x02"), second = bytes.find("PK\x01\x02", list + 1);
  std::string both = bytes;
  std::copy_n(both.begin() + static_cast<std::ptrdiff_t>(list) + 42, 4,
              both.begin() + static_cast<std::ptrdiff_t>(second) + 42);
  SCTAB_EXPECT_THROW_WITH(open(both), InputError, "entries that lie over one another at byte 0");
  // Ten bytes on, it would begin within the first one's.
  both[second + 42] = 10;
  SCTAB_EXPECT_THROW_WITH(open(both), InputError, "entries that lie over one another at byte 0");
  // The own header of the first says that its name and padding are longer than they are.
  bytes[28] = static_cast<char>(bytes[28] + 1);
  SCTAB_EXPECT_THROW_WITH((void)open(bytes).read("a", 1000), InputError, "entry a reaches into what comes next");
}

TEST_F(ArchiveTest, BombsAreRefused) {
  const std::string bytes = zip_bytes({{"a", std::string(1'000'000, '\0')}}, {.deflates = true});
  SCTAB_EXPECT_THROW_WITH(read(bytes, "a"), InputError, "entry a has 1000000 bytes, and 10000 at most can be read");
  core::set_memory_budget(500'000);
  SCTAB_EXPECT_THROW_WITH((void)open(bytes).read("a", 1 << 30), InputError, "x.ckpt: a: is read in one piece");
  core::set_memory_budget(0);
}

TEST_F(ArchiveTest, SizesThatDeflateCannotReach) {
  std::string bytes = zip_bytes({{"a", "first"}}, {.deflates = true});
  const std::size_t list = bytes.find("PK\x01\x02");
  bytes[list + 27] = 0x70;  // 1.9 GB
  SCTAB_EXPECT_THROW_WITH(open(bytes), InputError, "announces 1879048", "bytes of entry a in ");
  bytes[list + 27] = 0;
  bytes[list + 24] = 6;
  SCTAB_EXPECT_THROW_WITH(read(bytes, "a"), InputError, "a cannot be expanded");
}

TEST_F(ArchiveTest, ManyThreadsReadAtOnce) {
  std::vector<ZipEntry> entries;
  for (int i = 0; i < 200; ++i)
    entries.push_back({std::to_string(i), std::string(1000, static_cast<char>('a' + i % 26))});
  for (const bool deflates : {false, true}) {
    const Archive archive = open(zip_bytes(entries, {.deflates = deflates}));
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (const ZipEntry& entry : entries) {
          const auto found = archive.read(entry.name, 10'000);
          EXPECT_TRUE(std::memcmp(found.data(), entry.bytes.data(), 1000) == 0);
        }
      });
    }
  }
}

TEST_F(ArchiveTest, ListsThatSayLessThanTheyHold) {
  std::string bytes = zip_bytes(kEntries);
  bytes[bytes.size() - 12] = 2;
  SCTAB_EXPECT_THROW_WITH(open(bytes), InputError, "lists more than the 2 entries that it announces");
}

/// Reads everything; true where it is refused in words that name the file.
bool refused(const std::filesystem::path& path) {
  try {
    const Archive archive(path);
    for (const auto& [name, entry] : archive.entries()) static_cast<void>(archive.read(name, 1 << 20));
    return false;
  } catch (const InputError& error) {
    EXPECT_TRUE(std::string(error.what()).find("x.ckpt") != std::string::npos) << error.what();
    return true;
  }
}

TEST_F(ArchiveTest, EveryCutIsRefused) {
  for (const bool zip64 : {false, true}) {
    const std::string whole = zip_bytes(kEntries, {.zip64 = zip64, .deflates = zip64});
    for (std::size_t n = 0; n < whole.size(); ++n) {
      write_bytes(path_, std::string_view(whole).substr(0, n));
      EXPECT_TRUE(refused(path_)) << n;
    }
    write_bytes(path_, whole);
    EXPECT_FALSE(refused(path_));
  }
}

TEST_F(ArchiveTest, NoChangedByteIsACrash) {
  for (const bool zip64 : {false, true}) {
    const std::string whole = zip_bytes(kEntries, {.zip64 = zip64});
    int n_refused = 0;
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const int flip : {0x01, 0x80, 0xFF}) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ flip);
        write_bytes(path_, changed);
        n_refused += refused(path_) ? 1 : 0;
      }
    }
    // Dates, versions and padding may be anything.
    EXPECT_GT(n_refused, 3 * 105) << "changed data passed";
  }
}

}  // namespace
}  // namespace sctab::zip::tests
