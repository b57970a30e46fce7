#include "sctab/formats/zarr/labelled_copy.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "formats/zarr/zarr_folder.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/formats/zarr/file.hpp"
#include "support/fixtures.hpp"

namespace sctab::zarr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

formats::Categorical labels(std::int64_t n) {
  formats::Categorical labels{.codes = {}, .categories = {"B cell", "T cell é"}};
  for (std::int64_t i = 0; i < n; ++i) labels.codes.push_back(static_cast<std::int32_t>(i % 3 - 1));
  return labels;
}

/// Writes results of all kinds, to be found by expect_results() and by check_written.py.
void write_results(const fs::path& source, const fs::path& target) {
  const File cells(source);
  const std::int64_t n = cells.n_cells();
  const auto copy = cells.copy_to(target);
  std::vector<float> embedding;
  for (std::int64_t i = 0; i < 5 * n; ++i) embedding.push_back(static_cast<float>(i));
  const auto half = static_cast<std::size_t>(5 * (n / 2));
  copy->append_obsm("X_sctab", 5, std::span(embedding).first(half));
  copy->append_obsm("X_sctab", 5, std::span(embedding).subspan(half));
  formats::Reals32 probabilities;
  formats::Booleans all, some;
  formats::Integers integers;
  for (std::int64_t i = 0; i < n; ++i) {
    probabilities.push_back(static_cast<float>(i) / 2);
    all.push_back(static_cast<std::uint8_t>(i % 2));
    some.push_back(static_cast<std::uint8_t>(i % 3));
    integers.push_back(i - 1);
  }
  copy->put_obs({"sctab_cell_type", labels(n)});
  copy->put_obs({"sctab_probability", probabilities});
  copy->put_obs({"all", all});
  copy->put_obs({"some", some});
  copy->put_obs({"integers", integers});
  copy->put_uns("sctab", json::parse(R"({"model": "é", "n": 3, "x": 2.5, "yes": true, "names": ["a", "bb"], "none": "",
    "sizes": [1, 2], "inner": {"deep": "x"}, "empty": []})"));
  copy->close();
}

void expect_results(const fs::path& path, const fs::path& source) {
  SCOPED_TRACE(path.string());
  const File cells(path), before(source);
  const std::int64_t n = cells.n_cells();
  ASSERT_EQ(n, before.n_cells());
  EXPECT_EQ(cells.obs_names(), before.obs_names());
  formats::Strings columns = before.obs_columns();
  for (const char* name : {"sctab_cell_type", "sctab_probability", "all", "some", "integers"}) {
    if (!before.has_obs(name)) columns.emplace_back(name);
  }
  EXPECT_EQ(cells.obs_columns(), columns);
  EXPECT_EQ(cells.obs_as_text("sctab_cell_type").codes, labels(n).codes);
  EXPECT_EQ(cells.obs_as_text("sctab_cell_type").categories, labels(n).categories);
  EXPECT_EQ(std::get<formats::Integers>(cells.obs("integers").values).at(5), 4);
  EXPECT_EQ(cells.obs_as_text("some").value(1), "True");
  EXPECT_EQ(cells.obs_as_text("some").codes.at(2), -1);
  for (const std::string& column : before.obs_columns()) {
    EXPECT_EQ(cells.obs_as_text(column).codes, before.obs_as_text(column).codes) << column;
  }
  const auto hierarchy = std::make_shared<Hierarchy>(open_storage(path, false));
  const Group group(hierarchy, "");
  const auto embedding = group.matrix("obsm/X_sctab");
  std::vector<float> values(static_cast<std::size_t>(5 * n));
  embedding->read({0, n, 0, 5}, std::as_writable_bytes(std::span(values)));
  EXPECT_EQ(values.back(), static_cast<float>(5 * n - 1));
  EXPECT_EQ(group.texts("uns/sctab/model"), formats::Strings{"é"});
  EXPECT_EQ(group.texts("uns/sctab/names"), (formats::Strings{"a", "bb"}));
  EXPECT_EQ(group.texts("uns/sctab/inner/deep"), formats::Strings{"x"});
}

/// What a zarr keeps that the results do not touch must be in the copy, byte for byte.
void expect_rest_kept(const fs::path& path, const fs::path& source) {
  const auto copy = open_storage(path, false), original = open_storage(source, false);
  original->visit_keys([&](const std::string& key) {
    if (Hierarchy::is_metadata_name(key) || key == "obs/zarr.json" || key == "obs/.zattrs") return;
    ASSERT_NE(copy->open(key), nullptr) << key;
    EXPECT_EQ(read_whole(*copy, key, 1 << 24).bytes, read_whole(*original, key, 1 << 24).bytes) << key;
  });
}

/// Metadata that were kept in one place must be those of the groups and arrays.
void expect_consolidated(const fs::path& path) {
  const auto storage = open_storage(path, false);
  const Hierarchy hierarchy(storage);
  const bool is_3 = hierarchy.version() == 3;
  json all = hierarchy.read_json(is_3 ? "zarr.json" : ".zmetadata");
  if (is_3) all = all.value("consolidated_metadata", json());
  if (all.is_null()) return;
  std::size_t n_found = 0;
  storage->visit_keys([&](const std::string& key) {
    if (!Hierarchy::is_metadata_name(key.substr(key.rfind('/') + 1)) || key == "zarr.json" || key == ".zmetadata")
      return;
    const std::string name = is_3 ? key.substr(0, key.rfind('/')) : key;
    ASSERT_TRUE(all["metadata"].contains(name)) << key;
    json listed = all["metadata"][name], own = hierarchy.read_json(key);
    listed.erase("consolidated_metadata");
    own.erase("consolidated_metadata");
    EXPECT_EQ(listed, own) << key;
    ++n_found;
  });
  EXPECT_EQ(all["metadata"].size(), n_found) << "and nothing that is not there";
}

constexpr std::array kFiles = {"anndata_0.13/default", "anndata_0.13/zarr_v2", "anndata_0.13/zarr_v3_unsharded",
                               "anndata/v0.7.0", "anndata/scanpy_10x_pbmc68k_reduced"};

TEST(LabelledCopy, HoldsResultsAndAllThatWasThere) {
  SCTAB_NEED_SHARED(folder, "data/raw_formats");
  for (const char* name : kFiles) {
    SCOPED_TRACE(name);
    const tests::TemporaryFolder out;
    const fs::path zip = folder / (std::string(name) + ".zarr.zip"), unpacked = out / "in.zarr";
    unpack(zip, unpacked);
    for (const auto& [source, target] :
         {std::pair(zip, out / "a.zarr.zip"), std::pair(zip, out / "b.zarr"), std::pair(unpacked, out / "c.zarr"),
          std::pair(unpacked, out / "d.zarr.zip")}) {
      write_results(source, target);
      EXPECT_EQ(fs::is_directory(target), target.extension() == ".zarr");
      expect_results(target, source);
      expect_rest_kept(target, source);
      expect_consolidated(target);
    }
    write_results(out / "b.zarr", out / "again.zarr");
    expect_results(out / "again.zarr", out / "b.zarr");
    expect_consolidated(out / "again.zarr");
  }
}

TEST(LabelledCopy, HasTheResultsInTheModalityThatWasRead) {
  SCTAB_NEED_SHARED(folder, "data/raw_formats/anndata_0.13");
  for (const char* name : {"zarr_v2", "default"}) {
    SCOPED_TRACE(name);
    const tests::TemporaryFolder out;
    const fs::path source = out / "in.zarr";
    unpack(folder / (std::string(name) + ".zarr.zip"), source / "mod/rna");
    const bool is_3 = fs::exists(source / "mod/rna/zarr.json");
    for (const fs::path& group : {source, source / "mod"}) {
      tests::write_bytes(group / (is_3 ? "zarr.json" : ".zgroup"),
                         is_3 ? R"({"zarr_format": 3, "node_type": "group"})" : R"({"zarr_format": 2})");
    }
    write_results(source, out / "out.zarr");
    for (const char* group : {"", "mod"}) {
      const char* const key = is_3 ? "zarr.json" : ".zgroup";
      EXPECT_EQ(tests::read_bytes(out / "out.zarr" / group / key), tests::read_bytes(source / group / key));
    }
    expect_rest_kept(out / "out.zarr/mod/rna", source / "mod/rna");
    expect_results(out / "out.zarr/mod/rna", source / "mod/rna");
    expect_consolidated(out / "out.zarr/mod/rna");
    EXPECT_EQ(File(out / "out.zarr").obs_as_text("sctab_cell_type").codes, labels(60).codes);
  }
}

/// $SCTAB_ZARR_PYTHON: an interpreter with anndata and zarr, of any version.
TEST(LabelledCopy, OpensInAnndata) {
  const char* const python = std::getenv("SCTAB_ZARR_PYTHON");
  if (python == nullptr) GTEST_SKIP() << "needs $SCTAB_ZARR_PYTHON, a Python with anndata and zarr";
  SCTAB_NEED_SHARED(folder, "data/raw_formats");
  const tests::TemporaryFolder out;
  std::string command =
      std::string(python) + " " + (tests::source_folder() / "tests/formats/zarr/check_written.py").string();
  for (const char* name : kFiles) {
    const fs::path zip = folder / (std::string(name) + ".zarr.zip");
    const std::string base = fs::path(name).filename().string();
    for (const char* ending : {".zarr", ".zarr.zip"}) {
      write_results(zip, out / (base + ending));
      command += " " + (out / (base + ending)).string();
    }
  }
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

TEST(LabelledCopy, RefusesATargetWithinTheInput) {
  SCTAB_NEED_SHARED(zip, "data/raw_formats/anndata_0.13/zarr_v2.zarr.zip");
  const tests::TemporaryFolder out;
  unpack(zip, out / "in.zarr");
  SCTAB_EXPECT_THROW_WITH((void)File(out / "in.zarr").copy_to(out / "in.zarr/obs/out.zarr"), core::InputError,
                          "within the input");
}

TEST(LabelledCopy, RefusesAFileThatChanged) {
  SCTAB_NEED_SHARED(zip, "data/raw_formats/anndata_0.13/zarr_v2.zarr.zip");
  const tests::TemporaryFolder out;
  unpack(zip, out / "in.zarr");
  const File cells(out / "in.zarr");
  tests::write_bytes(out / "in.zarr/obs/.zattrs", "{}");
  SCTAB_EXPECT_THROW_WITH((void)cells.copy_to(out / "out.zarr"), core::InputError, "in.zarr", "changed");
}

TEST(LabelledCopy, IsLeftUnfinishedWithoutHarm) {
  SCTAB_NEED_SHARED(zip, "data/raw_formats/anndata_0.13/zarr_v2.zarr.zip");
  const tests::TemporaryFolder out;
  const File cells(zip);
  (void)cells.copy_to(out / "out.zarr");
  (void)cells.copy_to(out / "out.zarr.zip");
}

TEST(LabelledCopy, NamesADiskThatIsFull) {
  SCTAB_NEED_SHARED(zip, "data/raw_formats/anndata_0.13/zarr_v2.zarr.zip");
  const tests::TemporaryFolder out;
  fs::create_symlink("/dev/full", out / "x.zarr.zip");
  SCTAB_EXPECT_THROW_WITH(write_results(zip, out / "none" / "x.zarr.zip"), core::InputError, "x.zarr.zip",
                          "cannot be written");
}

}  // namespace
}  // namespace sctab::zarr
