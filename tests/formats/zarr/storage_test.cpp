#include "sctab/formats/zarr/storage.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <string>

#include "formats/zarr/zarr_folder.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/zarr/zip_target.hpp"
#include "support/fixtures.hpp"

namespace sctab::zarr {
namespace {

namespace fs = std::filesystem;
using formats::Strings;

std::string content(const Storage& storage, const std::string& key) {
  const WholeValue whole = read_whole(storage, key, 1000);
  return whole.found ? std::string(reinterpret_cast<const char*>(whole.bytes.data()), whole.bytes.size()) : "(none)";
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST(FolderStorage, FindsValuesAndNames) {
  const tests::TemporaryFolder folder;
  fs::create_directories(folder / "x/obs/é");
  tests::write_bytes(folder / "x/obs/0", "zero");
  fs::create_symlink("0", folder / "x/obs/1");
  const auto storage = open_storage(folder / "x", false);
  EXPECT_EQ(content(*storage, "obs/0"), "zero");
  EXPECT_EQ(content(*storage, "obs/1"), "zero") << "a link within";
  EXPECT_EQ(content(*storage, "obs/2"), "(none)");
  EXPECT_EQ(content(*storage, "obs/0/1"), "(none)");
  EXPECT_EQ(storage->names(""), Strings{"obs"});
  EXPECT_EQ(storage->names("obs"), (Strings{"0", "1", "é"}));
  EXPECT_EQ(storage->names("var"), Strings{});
  std::array<std::byte, 2> part{};
  storage->open("obs/0")->read(1, part);
  EXPECT_EQ(part, (std::array{std::byte{'e'}, std::byte{'r'}}));
  SCTAB_EXPECT_THROW_WITH((void)read_whole(*storage, "obs/0", 3), core::InputError, "obs/0", "4 B", "at most");
}

TEST(FolderStorage, LeavesItsFolderOnlyWhereAllowed) {
  const tests::TemporaryFolder folder;
  fs::create_directory(folder / "x");
  tests::write_bytes(folder / "secret", "s");
  fs::create_symlink("../secret", folder / "x/0");
  fs::create_symlink("nowhere", folder / "x/1");
  ASSERT_EQ(::mkfifo((folder / "x/2").c_str(), 0600), 0);
  for (const char* key : {"0", "../secret"}) {
    SCTAB_EXPECT_THROW_WITH((void)open_storage(folder / "x", false)->open(key), core::InputError, key,
                            "leads out of the folder", "--allow-external");
  }
  EXPECT_EQ(content(*open_storage(folder / "x", true), "0"), "s");
  for (const bool allow : {false, true}) {
    const auto storage = open_storage(folder / "x", allow);
    SCTAB_EXPECT_THROW_WITH((void)storage->open("1"), core::InputError, "x: 1", "leads nowhere");
    SCTAB_EXPECT_THROW_WITH((void)storage->open("1/2"), core::InputError, "x: 1/2", "leads nowhere");
    SCTAB_EXPECT_THROW_WITH((void)storage->open("2"), core::InputError, "x: 2", "FIFO");
  }
}

TEST(FolderStorage, NoticesWhatChanged) {
  const tests::TemporaryFolder folder;
  fs::create_directory(folder / "x");
  tests::write_bytes(folder / "x/0", "zero");
  tests::write_bytes(folder / "x/1", "one");
  const auto read = [&] {
    auto storage = open_storage(folder / "x", false);
    (void)content(*storage, "0");
    (void)content(*storage, "2");
    return storage;
  };
  auto storage = read();
  tests::write_bytes(folder / "x/1", "another");  // not read
  EXPECT_NO_THROW(storage->require_unchanged());
  tests::write_bytes(folder / "x/2", "");  // looked for
  SCTAB_EXPECT_THROW_WITH(storage->require_unchanged(), core::InputError, "x: ", "changed");
  storage = read();
  tests::write_bytes(folder / "x/0", "zeroes");
  SCTAB_EXPECT_THROW_WITH(storage->require_unchanged(), core::InputError, "changed");
  SCTAB_EXPECT_THROW_WITH((void)storage->open("0"), core::InputError, "changed");
  storage = read();
  fs::remove(folder / "x/0");
  SCTAB_EXPECT_THROW_WITH(storage->require_unchanged(), core::InputError, "changed");
}

TEST(FolderStorage, RefusesLinksInACircle) {
  const tests::TemporaryFolder folder;
  fs::create_directory(folder / "x");
  fs::create_directory_symlink(".", folder / "x/self");
  const auto storage = open_storage(folder / "x", false);
  SCTAB_EXPECT_THROW_WITH(storage->visit_keys([](const std::string&) {}), core::InputError, "x: self");
}

void write_zip(const fs::path& path, std::initializer_list<std::pair<const char*, const char*>> members) {
  ZipTarget target(path);
  for (const auto& [key, bytes] : members) target.put(key, bytes_of(bytes));
  target.close();
}

TEST(ZipStorage, FindsValuesAndNames) {
  const tests::TemporaryFolder folder;
  write_zip(folder / "x.zip",
            {{".zgroup", "{}"}, {"obs/0", "zero"}, {"obs/a/0", ""}, {"obs/é/0", "x"}, {"obs-2/0", ""}});
  const auto storage = open_storage(folder / "x.zip", false);
  EXPECT_EQ(content(*storage, "obs/0"), "zero");
  EXPECT_EQ(content(*storage, "obs/a/0"), "");
  EXPECT_EQ(content(*storage, "obs/a"), "(none)");
  EXPECT_EQ(storage->names(""), (Strings{".zgroup", "obs", "obs-2"}));
  EXPECT_EQ(storage->names("obs"), (Strings{"0", "a", "é"}));
  EXPECT_EQ(storage->names("ob"), Strings{});
  Strings keys;
  storage->visit_keys([&](const std::string& key) { keys.push_back(key); });
  EXPECT_EQ(keys.size(), 5U);
  EXPECT_NO_THROW(storage->require_unchanged());
}

TEST(ZipStorage, FindsAZarrInAFolderThatWasZipped) {
  const tests::TemporaryFolder folder;
  write_zip(folder / "one.zip", {{"__MACOSX/x", "-"}, {"pbmc.zarr/.zgroup", "{}"}, {"pbmc.zarr/obs/0", "zero"}});
  const auto storage = open_storage(folder / "one.zip", false);
  EXPECT_EQ(content(*storage, "obs/0"), "zero");
  EXPECT_EQ(storage->names(""), (Strings{".zgroup", "obs"}));
  Strings keys;
  storage->visit_keys([&](const std::string& key) { keys.push_back(key); });
  EXPECT_EQ(keys, (Strings{".zgroup", "obs/0"}));
  write_zip(folder / "two.zip", {{"a.zarr/.zgroup", "{}"}, {"b.zarr/.zgroup", "{}"}});
  EXPECT_EQ(content(*open_storage(folder / "two.zip", false), ".zgroup"), "(none)") << "neither of two is meant";
}

TEST(ZipStorage, ReadsPartsOfCompressedMembers) {
  SCTAB_NEED_SHARED(path, "data/raw_formats/anndata_0.13/default.zarr.zip");
  const auto storage = open_storage(path, false);
  std::size_t n_compared = 0;
  storage->visit_keys([&](const std::string& key) {
    const WholeValue whole = read_whole(*storage, key, 1 << 24);
    const std::size_t half = whole.bytes.size() / 2;
    Bytes part(whole.bytes.size() - half);
    storage->open(key)->read(half, part);
    ASSERT_TRUE(std::ranges::equal(part, std::span(whole.bytes).subspan(half))) << key;
    ++n_compared;
  });
  EXPECT_EQ(n_compared, 59U);
}

TEST(OpenStorage, RefusesWhatIsNeither) {
  const tests::TemporaryFolder folder;
  tests::write_bytes(folder / "x.zarr.zip", "text");
  SCTAB_EXPECT_THROW_WITH((void)open_storage(folder / "x.zarr.zip", false), core::InputError, "x.zarr.zip",
                          "a zarr in a zip file");
  SCTAB_EXPECT_THROW_WITH((void)open_storage(folder / "none", false), core::InputError, "none", "no such file");
}

}  // namespace
}  // namespace sctab::zarr
