#include "sctab/formats/h5ad/old_tables.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "support/fixtures.hpp"
#include "support/python.hpp"

namespace sctab::h5ad {
namespace {

namespace fs = std::filesystem;
using namespace formats;

/// Results as annotate adds them to a copy of a file, twice: the second time it is a file of today.
void add_results_twice(const fs::path& from, const fs::path& to) {
  fs::path before = from;
  for (const fs::path& after : {fs::path(to) += ".first", to}) {
    const File file(before);
    const auto copy = file.copy_to(after);
    const auto n_cells = static_cast<std::size_t>(file.n_cells());
    Categorical types{.codes = {}, .categories = {"first", "second"}};
    for (std::size_t cell = 0; cell < n_cells; ++cell) types.codes.push_back(static_cast<std::int32_t>(cell % 3) - 1);
    copy->append_obsm("X_sctab", 4, std::vector<float>(n_cells * 4, 0.25F));
    copy->put_obs({"sctab_cell_type", types});
    copy->put_obs({"sctab_probability", Reals32(n_cells, 0.5F)});
    copy->put_uns("sctab", {{"model", "m"}});
    copy->close();
    before = after;
  }
}

void expect_results_beside_the_rest(const fs::path& before, const fs::path& after) {
  add_results_twice(before, after);
  const auto result =
      sctab::tests::run_python("formats/h5ad/old_tables.py", "check " + before.string() + " " + after.string());
  EXPECT_EQ(result.status, 0) << result.output;
}

TEST(OldTables, TakeResults) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const sctab::tests::TemporaryFolder folder;
  const auto made = sctab::tests::run_python("formats/h5ad/old_tables.py", "make " + (folder / "a.h5ad").string());
  ASSERT_EQ(made.status, 0) << made.output;
  expect_results_beside_the_rest(folder / "a.h5ad", folder / "b.h5ad");
}

TEST(OldTables, OfARealFileTakeResults) {
  SCTAB_NEED_PYTHON_ANNDATA();
  SCTAB_NEED_SHARED(file, "data/raw_formats/anndata/v0.5.0.h5ad");
  const sctab::tests::TemporaryFolder folder;
  expect_results_beside_the_rest(file, folder / "b.h5ad");
}

}  // namespace
}  // namespace sctab::h5ad
