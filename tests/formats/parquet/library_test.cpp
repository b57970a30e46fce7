#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/formats/parquet/duckdb_library.hpp"
#include "sctab/formats/parquet/parquet.hpp"
#include "support/fixtures.hpp"

namespace sctab::parquet {
namespace {
namespace fs = std::filesystem;

using core::InputError;
using Paths = std::vector<fs::path>;

constexpr const char* kInstall = "tools/install-dependencies.sh";

/// The version that the library says it is, after loading it from one of these.
std::string loaded(const Paths& candidates) {
  return load_duckdb(candidates).library_version();
}

TEST(DuckdbLibrary, NamesAllPlacesWhereItIsNot) {
  SCTAB_EXPECT_THROW_WITH(loaded({"/no/such/a/libduckdb.so", "/no/such/b/libduckdb.so"}), InputError, "DuckDB",
                          "no libduckdb.so in /no/such/a, /no/such/b", kInstall, "SCTAB_DUCKDB");
  SCTAB_EXPECT_THROW_WITH(loaded({"libduckdb-of-no-system.so"}), InputError, "the system's folders of libraries");
}

TEST(DuckdbLibrary, RefusesOneThatLacksAFunction) {
  SCTAB_EXPECT_THROW_WITH(loaded({"/no/such/libduckdb.so", SCTAB_FAKE_LIBRARY_1}), InputError, SCTAB_FAKE_LIBRARY_1,
                          "has no function duckdb_", "expected DuckDB 1", kInstall);
  SCTAB_EXPECT_THROW_WITH(loaded({"libm.so.6"}), InputError, "libm.so.6", "has no function duckdb_library_version");
}

TEST(DuckdbLibrary, RefusesAnotherMajorVersion) {
  SCTAB_EXPECT_THROW_WITH(loaded({SCTAB_FAKE_LIBRARY_2}), InputError, SCTAB_FAKE_LIBRARY_2, "is version v2.2.3",
                          "expected DuckDB 1");
}

TEST(DuckdbLibrary, RefusesAFileThatIsNoLibrary) {
  const sctab::tests::TemporaryFolder folder;
  sctab::tests::write_bytes(folder / "libduckdb.so", "a text");
  SCTAB_EXPECT_THROW_WITH(loaded({folder / "libduckdb.so"}), InputError, "libduckdb.so", "cannot be loaded", kInstall);
}

/// A process without DuckDB: $SCTAB_DUCKDB names a folder that does not exist.
class NoDuckdb : public testing::Test {
 protected:
  NoDuckdb() { ::setenv("SCTAB_DUCKDB", "/no/such/folder", 1); }
  ~NoDuckdb() override {
    if (given_) ::setenv("SCTAB_DUCKDB", given_->c_str(), 1);
    if (!given_) ::unsetenv("SCTAB_DUCKDB");
  }

 private:
  std::optional<std::string> given_ =
      std::getenv("SCTAB_DUCKDB") == nullptr ? std::nullopt : std::optional<std::string>(std::getenv("SCTAB_DUCKDB"));
};

TEST_F(NoDuckdb, TheFolderThatTheUserGivesIsTheOnlyPlace) {
  EXPECT_EQ(duckdb_candidates(), Paths{"/no/such/folder/libduckdb.so"});
  ::setenv("SCTAB_DUCKDB", "", 1);
  const Paths candidates = duckdb_candidates();
  const fs::path program = fs::read_symlink("/proc/self/exe").parent_path();
  ASSERT_EQ(candidates.size(), 4U) << "an empty one names no folder";
  EXPECT_EQ(candidates[0], program / "libduckdb.so");
  EXPECT_EQ(candidates[1], program.parent_path() / "lib/sctab/libduckdb.so");
  EXPECT_EQ(candidates[3], "libduckdb.so");
}

TEST_F(NoDuckdb, EveryFunctionNamesTheFileAndWhatToInstall) {
  const sctab::tests::TemporaryFolder folder;
  const fs::path file = folder / "x.parquet";
  EXPECT_FALSE(is_available());
  EXPECT_EQ(library_version(), std::nullopt);
  SCTAB_EXPECT_THROW_WITH(Reader(file, {}), InputError, "x.parquet", "no such file");
  sctab::tests::write_bytes(file, "PAR1");
  const auto expect_refused = [](const auto& function) {
    SCTAB_EXPECT_THROW_WITH(function(), InputError, "x.parquet: DuckDB, which reads and writes Parquet",
                            "no libduckdb.so in /no/such/folder", kInstall);
  };
  expect_refused([&] { require_available(file); });
  expect_refused([&] { Reader(file, {}); });
  expect_refused([&] { (void)read_table(file); });
  expect_refused([&] { (void)read_columns(file); });
  expect_refused([&] { (void)rows_in_footer(file); });
  expect_refused([&] { write_table(file, {}, 0); });
  EXPECT_EQ(sctab::tests::read_bytes(file), "PAR1") << "a file that cannot be written stays";
}

}  // namespace
}  // namespace sctab::parquet
