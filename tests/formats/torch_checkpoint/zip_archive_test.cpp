#include "sctab/formats/torch_checkpoint/zip_archive.hpp"

#include <gtest/gtest.h>

#include "sctab/core/error.hpp"
#include "support/checkpoint_writer.hpp"
#include "support/fixtures.hpp"

namespace sctab::torch_checkpoint::tests {
namespace {

using core::InputError;
using sctab::tests::write_bytes;
using sctab::tests::zip_bytes;
using sctab::tests::ZipEntry;
using sctab::tests::ZipForm;

const std::vector<ZipEntry> kEntries = {{"a/one", "first"}, {"a/two", std::string(100, 'x')}, {"a/none", ""}};

class ZipArchiveTest : public testing::Test {
 protected:
  ZipArchive open(const std::string& bytes) const {
    write_bytes(path_, bytes);
    return ZipArchive(path_);
  }
  std::string read(const std::string& bytes, const std::string& name) const {
    const auto found = open(bytes).read(name, 10'000);
    return {reinterpret_cast<const char*>(found.data()), found.size()};
  }

  sctab::tests::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "x.ckpt";
};

TEST_F(ZipArchiveTest, ReadsWhatWasWritten) {
  for (const ZipForm& form : {ZipForm{}, ZipForm{.zip64 = true}, ZipForm{.comment = "a comment"},
                              ZipForm{.flags = 0x808}, ZipForm{.comment = std::string(65535, 'c')}}) {
    const std::string bytes = zip_bytes(kEntries, form);
    EXPECT_EQ(open(bytes).entries().size(), 3U);
    for (const ZipEntry& entry : kEntries) EXPECT_EQ(read(bytes, entry.name), entry.bytes) << entry.name;
  }
  EXPECT_TRUE(open(zip_bytes({})).entries().empty());
}

TEST_F(ZipArchiveTest, WhatCannotBeReadIsNamed) {
  const auto expect_refused = [&](const std::string& bytes, const char* what) {
    SCTAB_EXPECT_THROW_WITH(read(bytes, "a/one"), InputError, "x.ckpt", what);
  };
  expect_refused("", "has 0 bytes; expected a zip file");
  expect_refused(std::string(100, 'x'), "no end record");
  expect_refused(zip_bytes({}), "has no entry a/one");
  expect_refused(zip_bytes({kEntries[0], kEntries[0]}), "lists entry a/one twice");
  expect_refused(zip_bytes(kEntries, {.method = 8}), "a/one: is compressed or encrypted");
  expect_refused(zip_bytes(kEntries, {.flags = 1}), "a/one: is compressed or encrypted");
  std::string other = zip_bytes(kEntries);
  other.replace(other.find("first"), 5, "other");
  expect_refused(other, "a/one has another checksum");
  std::string renamed = zip_bytes(kEntries);
  renamed.replace(renamed.find("a/one"), 5, "b/one");
  expect_refused(renamed, "a/one has another name in its own header");
  SCTAB_EXPECT_THROW_WITH(open(zip_bytes(kEntries)).read("a/two", 99), InputError, "100 bytes, and 99 at most");
  SCTAB_EXPECT_THROW_WITH(ZipArchive(folder_ / "none.ckpt"), InputError, "none.ckpt", "no such file");
}

/// Reads everything; true where it is refused in words that name the file.
bool refused(const std::filesystem::path& path) {
  try {
    const ZipArchive archive(path);
    for (const auto& [name, entry] : archive.entries()) static_cast<void>(archive.read(name, 1 << 20));
    return false;
  } catch (const InputError& error) {
    EXPECT_TRUE(std::string(error.what()).find("x.ckpt") != std::string::npos) << error.what();
    return true;
  }
}

TEST_F(ZipArchiveTest, EveryCutIsRefused) {
  for (const bool zip64 : {false, true}) {
    const std::string whole = zip_bytes(kEntries, {.zip64 = zip64});
    for (std::size_t n = 0; n < whole.size(); ++n) {
      write_bytes(path_, std::string_view(whole).substr(0, n));
      EXPECT_TRUE(refused(path_)) << n;
    }
    write_bytes(path_, whole);
    EXPECT_FALSE(refused(path_));
  }
}

TEST_F(ZipArchiveTest, NoChangedByteIsACrash) {
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
}  // namespace sctab::torch_checkpoint::tests
