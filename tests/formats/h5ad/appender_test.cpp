#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "formats/h5ad/example_cells.hpp"
#include "formats/h5ad/example_files.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/annotated_copy.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/formats/h5ad/writer.hpp"

namespace sctab::h5ad {
namespace {

using namespace tests;
using sctab::tests::TemporaryFolder;

Column labels(const std::string& name, const std::string& prefix) {
  Categorical column;
  column.categories = {prefix + "0", prefix + "1"};
  for (std::int32_t row = 0; row < kCells; ++row) column.codes.push_back(row % 3 - 1);
  return {name, column};
}

/// What check_appended.py expects.
void append_results(const std::filesystem::path& path, const std::string& prefix, const std::string& root = {}) {
  Reals32 probability;
  std::vector<float> embedding;
  Booleans sure;
  for (int row = 0; row < kCells; ++row) {
    probability.push_back(static_cast<float>(row) / 137.0F);
    sure.push_back(static_cast<std::uint8_t>(row % 3));
    for (int i = 0; i < 4; ++i) embedding.push_back(static_cast<float>(row * 4 + i));
  }
  Appender appender(path, root);
  appender.put_obs(labels("sctab_cell_type", prefix));
  appender.put_obs({"sctab_probability", probability});
  appender.put_obs({"sctab_sure", sure});
  appender.begin_obsm("X_sctab", kCells, 4);
  const std::span<const float> rows(embedding);
  appender.append_obsm(rows.first(400));
  appender.append_obsm(rows.subspan(400));
  appender.put_uns("sctab", {{"model", prefix}, {"n_genes", 53}, {"versions", {{"cl", "2023-07-20"}}}});
  appender.close();
}

std::filesystem::path copy_of(const std::string& name, const TemporaryFolder& folder) {
  const auto copy = folder / (name + ".h5ad");
  std::filesystem::copy_file(example_file(name), copy);
  return copy;
}

TEST(Appender, AddsAndReplacesAndKeepsTheRest) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const TemporaryFolder folder;
  for (const char* name : {"csr-f4", "raw", "layers", "legacy"}) {
    SCOPED_TRACE(name);
    const auto path = copy_of(name, folder);
    append_results(path, "first");
    append_results(path, "second");
    const File before(example_file(name));
    const File after(path);
    auto columns = before.obs_columns();
    columns.insert(columns.end(), {"sctab_cell_type", "sctab_probability", "sctab_sure"});
    EXPECT_EQ(after.obs_columns(), columns);
    EXPECT_EQ(std::get<Categorical>(after.obs("sctab_cell_type").values).categories, (Strings{"second0", "second1"}));
    EXPECT_EQ(after.obs_as_text("sctab_sure").codes[2], -1);
    expect_same(read_all(after, "X"), read_all(before, "X"));
    const auto result =
        sctab::tests::run_python("formats/h5ad/check_appended.py", example_file(name).string() + " " + path.string());
    EXPECT_EQ(result.status, 0) << result.output;
  }
}

TEST(Appender, MakesTheGroupsThatAreNotThere) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const TemporaryFolder folder;
  const auto path = copy_of("csr-f4", folder);
  ASSERT_EQ(sctab::tests::run_python("formats/h5ad/without_groups.py", path.string()).status, 0);
  append_results(path, "second");
  const auto result =
      sctab::tests::run_python("formats/h5ad/check_appended.py", example_file("csr-f4").string() + " " + path.string());
  EXPECT_EQ(result.status, 0) << result.output;
}

TEST(Appender, AddsToOneModalityOfSeveral) {
  SCTAB_NEED_PYTHON_ANNDATA();
  for (const char* name : {"csr-f4", "raw"}) {
    const TemporaryFolder folder;
    const std::string before = example_file(name).string(), after = (folder / "a.h5mu").string();
    const auto made = sctab::tests::run_python("formats/h5ad/as_modality.py", before + " " + after);
    ASSERT_EQ(made.status, 0) << made.output;
    append_results(after, "first", "mod/rna");
    append_results(after, "second", "mod/rna");
    const auto result = sctab::tests::run_python("formats/h5ad/check_appended.py", before + " " + after + " mod/rna");
    EXPECT_EQ(result.status, 0) << result.output;
    SCTAB_EXPECT_THROW_WITH(Appender(after, "mod/none"), core::InputError, "a.h5mu");
  }
}

TEST(Appender, ReplacesAColumnOfAnotherKind) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const TemporaryFolder folder;
  for (const char* name : {"csr-f4", "legacy"}) {
    const auto path = copy_of(name, folder);
    Appender appender(path);
    appender.put_obs({"donor", Integers(kCells, 4)});
    appender.put_obs(labels("n_umi", "now text"));
    appender.close();
    const File file(path);
    EXPECT_EQ(std::get<Integers>(file.obs("donor").values), Integers(kCells, 4));
    EXPECT_EQ(file.obs_as_text("n_umi").value(1), "now text0");
    EXPECT_EQ(file.obs_columns(), File(example_file(name)).obs_columns());
  }
}

TEST(Appender, RefusesWhatItCannotOpen) {
  const TemporaryFolder folder;
  SCTAB_EXPECT_THROW_WITH(Appender(folder / "none.h5ad"), core::InputError, "none.h5ad", "no such file");
}

TEST(Appender, AWrongNumberOfRowsIsOurBug) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const TemporaryFolder folder;
  Appender appender(copy_of("csr-f4", folder));
  EXPECT_THROW(appender.put_obs({"short", Integers(3)}), std::logic_error);
  appender.begin_obsm("X_sctab", kCells, 2);
  appender.append_obsm(std::vector<float>(10));
  EXPECT_THROW(appender.close(), std::logic_error);
}

}  // namespace
}  // namespace sctab::h5ad
