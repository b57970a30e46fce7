#include "sctab/formats/h5ad/converted_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "formats/h5ad/example_cells.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "support/fixtures.hpp"
#include "support/python.hpp"

namespace sctab::h5ad {
namespace {

using namespace tests;
using sctab::tests::TemporaryFolder;
namespace fs = std::filesystem;

/// Cells as a file of another format might have them, to be changed at will.
struct FakeSource final : formats::CellSource {
  fs::path name = "cells.fake";
  Strings cells = cell_names(), genes = example_genes(), symbols;
  sparse::CsrMatrix counts = example_counts();
  std::vector<Column> columns;
  CellIndex announced = kCells;
  std::int64_t values_of_cell = 8;  // announced: the more, the smaller the blocks
  bool has_counts = true;

  [[nodiscard]] const fs::path& path() const override { return name; }
  [[nodiscard]] core::FileIdentity identity() const override { return {}; }
  [[nodiscard]] CellIndex n_cells() const override { return announced; }
  [[nodiscard]] bool has_obs(std::string_view column) const override {
    return std::ranges::count(columns, column, &Column::name) > 0;
  }
  [[nodiscard]] Strings obs_columns() const override {
    Strings names;
    for (const Column& column : columns) names.push_back(column.name);
    return names;
  }
  [[nodiscard]] Column obs(std::string_view column) const override {
    return *std::ranges::find(columns, column, &Column::name);
  }
  [[nodiscard]] Strings obs_names() const override { return cells; }
  [[nodiscard]] CountsSource find_counts(InputKind kind, std::string_view) const override {
    if (kind == InputKind::kCounts && !has_counts) throw core::InputError({.found = "no counts"});
    return {"counts", kind == InputKind::kLogNormalised, true, "", counts.n_genes, announced * values_of_cell};
  }
  [[nodiscard]] Strings gene_names(std::string_view) const override { return genes; }
  [[nodiscard]] Strings gene_symbols(std::string_view) const override { return symbols; }
  [[nodiscard]] std::unique_ptr<formats::CellSink> copy_to(const fs::path& target) const override {
    return convert(*this, target);
  }

  struct Rows final : formats::RowReader {
    explicit Rows(const sparse::CsrMatrix& all) : all_(all) {}
    Work claim(CellIndex max_cells) override {
      const CellIndex begin = next_, end = std::min(begin + max_cells, all_.n_cells);
      next_ = end;
      if (begin == end) return {};
      return [this, begin, end](sparse::CsrMatrix& block) {
        block.clear(all_.n_genes);
        for (CellIndex cell = begin; cell < end; ++cell) block.append_row(all_.row(cell).indices, all_.row(cell).data);
      };
    }
    const sparse::CsrMatrix& all_;
    CellIndex next_ = 0;
  };
  [[nodiscard]] std::unique_ptr<formats::RowReader> read_rows(std::string_view,
                                                              const formats::ReadOptions&) const override {
    return std::make_unique<Rows>(counts);
  }
};

/// One column of every kind, as check_converted.py expects them.
std::vector<Column> columns_of_every_kind() {
  Categorical donor{.codes = {}, .categories = {"d0", "dé", "d2"}, .ordered = true};
  Booleans sure;
  Integers n_umi;
  Reals score;
  Reals32 score32;
  Strings note;
  for (std::int32_t row = 0; row < kCells; ++row) {
    donor.codes.push_back(row % 4 - 1);
    sure.push_back(static_cast<std::uint8_t>(row % 3));
    n_umi.push_back(std::int64_t{row} << 40);
    score.push_back(row == 7 ? std::numeric_limits<double>::quiet_NaN() : row / 3.0);
    score32.push_back(static_cast<float>(row) / 3.0F);
    note.push_back(row % 2 == 0 ? "" : "odd");
  }
  return {{"donor", donor}, {"sure", sure}, {"n_umi", n_umi}, {"score", score}, {"score32", score32}, {"note", note}};
}

/// With results as annotate adds them.
void convert_with_results(const FakeSource& source, const fs::path& target) {
  const auto sink = convert(source, target);
  std::vector<float> rows(static_cast<std::size_t>(source.n_cells()) * 4);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<float>(i);
  const std::size_t half = rows.size() / 8 * 4;
  sink->append_obsm("X_sctab", 4, std::span(rows).first(half));
  sink->append_obsm("X_sctab", 4, std::span(rows).subspan(half));
  sink->put_obs({"sctab_probability", Reals32(static_cast<std::size_t>(source.n_cells()), 0.5F)});
  sink->put_uns("sctab", {{"model", "m"}});
  sink->close();
}

TEST(ConvertedFile, HoldsCountsNamesAndColumns) {
  const TemporaryFolder folder;
  FakeSource source;
  source.columns = columns_of_every_kind();
  for (GeneIndex gene = 0; gene < kGenes; ++gene) source.symbols.push_back("S" + std::to_string(gene));
  convert_with_results(source, folder / "a.h5ad");
  const File file(folder / "a.h5ad");
  expect_same(read_all(file, "X"), example_counts());
  EXPECT_EQ(file.obs_names(), cell_names());
  EXPECT_EQ(file.gene_names("X"), example_genes());
  EXPECT_EQ(file.gene_symbols("X"), source.symbols);
  EXPECT_EQ(file.obs_columns(), (Strings{"donor", "sure", "n_umi", "score", "score32", "note", "sctab_probability"}));
  const auto same = [&](const char* name, auto kind) {
    using T = decltype(kind);
    EXPECT_EQ(std::get<T>(file.obs(name).values), std::get<T>(source.obs(name).values)) << name;
  };
  same("sure", Booleans());
  same("n_umi", Integers());
  same("score32", Reals32());
  const auto donor = std::get<Categorical>(file.obs("donor").values);
  EXPECT_TRUE(donor.ordered);
  EXPECT_EQ(donor.codes, std::get<Categorical>(source.obs("donor").values).codes);
  EXPECT_EQ(donor.categories, (Strings{"d0", "dé", "d2"}));
  EXPECT_TRUE(std::isnan(std::get<Reals>(file.obs("score").values)[7]));
}

TEST(ConvertedFile, OpensInAnnData) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const TemporaryFolder folder;
  FakeSource source;
  source.columns = columns_of_every_kind();
  for (GeneIndex gene = 0; gene < kGenes; ++gene) source.symbols.push_back("S" + std::to_string(gene));
  convert_with_results(source, folder / "a.h5ad");
  const auto result = sctab::tests::run_python("formats/h5ad/check_converted.py", (folder / "a.h5ad").string());
  EXPECT_EQ(result.status, 0) << result.output;
}

TEST(ConvertedFile, BlocksOfAnySizeAndNumberOfThreadsGiveTheSameCells) {
  const TemporaryFolder folder;
  FakeSource source;
  for (const std::int64_t values_of_cell : {10'000'000, 100'000, 1}) {  // blocks of 1, 10 and all cells
    source.values_of_cell = values_of_cell;
    for (const int threads : {1, 2, 7}) {
      convert(source, folder / "a.h5ad", {.counts = {}, .threads = threads})->close();
      expect_same(read_all(File(folder / "a.h5ad"), "X"), example_counts());
    }
  }
}

TEST(ConvertedFile, TakesLogarithmsWhereThereAreNoCounts) {
  const TemporaryFolder folder;
  FakeSource source;
  source.has_counts = false;
  convert(source, folder / "a.h5ad")->close();
  expect_same(read_all(File(folder / "a.h5ad"), "X"), example_counts());
}

TEST(ConvertedFile, TakesTheCountsThatItIsGiven) {
  const TemporaryFolder folder;
  FakeSource source;
  source.has_counts = false;
  CountsSource counts = source.find_counts(InputKind::kLogNormalised, "");
  convert(source, folder / "a.h5ad", {.counts = counts})->close();
  EXPECT_EQ(File(folder / "a.h5ad").n_cells(), kCells);
  counts.n_genes = kGenes + 1;
  SCTAB_EXPECT_THROW_WITH((void)convert(source, folder / "b.h5ad", {.counts = counts}), core::InputError, "cells.fake",
                          "has 53 names of genes; expected 54");
}

TEST(ConvertedFile, HoldsNoCellsAtAll) {
  const TemporaryFolder folder;
  FakeSource source;
  source.cells.clear();
  source.counts.clear(kGenes);
  source.announced = 0;
  source.columns = {{"donor", Categorical()}};
  const auto sink = convert(source, folder / "a.h5ad");
  sink->append_obsm("X_sctab", 4, {});
  sink->close();
  const File file(folder / "a.h5ad");
  EXPECT_EQ(file.n_cells(), 0);
  EXPECT_EQ(file.obs_columns(), Strings{"donor"});
}

TEST(ConvertedFile, NamesThatNoH5adCanHaveAreChanged) {
  const TemporaryFolder folder;
  FakeSource source;
  const Strings names = {"a/b", "a_b", "_index", "", "__categories", "a_b_", "."};
  for (std::size_t i = 0; i < names.size(); ++i) {
    source.columns.push_back({names[i], Integers(kCells, static_cast<std::int64_t>(i))});
  }
  convert(source, folder / "a.h5ad")->close();
  const File file(folder / "a.h5ad");
  const Strings columns = file.obs_columns();
  EXPECT_EQ(columns, (Strings{"a_b__", "a_b", "_index_", "_", "__categories_", "a_b_", "._"}));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    EXPECT_EQ(std::get<Integers>(file.obs(columns[i]).values).front(), static_cast<std::int64_t>(i)) << columns[i];
  }
  EXPECT_EQ(file.obs_names(), cell_names());
}

TEST(ConvertedFile, RefusesWhatWouldBeLost) {
  const TemporaryFolder folder;
  const auto convert_fails = [&](FakeSource& source, const char* found) {
    SCTAB_EXPECT_THROW_WITH((void)convert(source, folder / "a.h5ad"), core::InputError, "cells.fake", found);
  };
  using namespace std::string_literals;
  FakeSource text;
  text.columns = {{"note", Strings(kCells, "a\0b"s)}};
  convert_fails(text, "byte 0");
  FakeSource name;
  name.cells[3] = "c\0"s;
  convert_fails(name, "byte 0");
  FakeSource few;
  few.announced = kCells + 1;
  convert_fails(few, "has 137 cells; expected 138");
  FakeSource many;
  many.announced = kCells - 1;
  convert_fails(many, "expected 136");
  FakeSource unnamed;
  unnamed.cells.pop_back();
  convert_fails(unnamed, "has 136 names of cells");
  FakeSource genes;
  genes.genes.pop_back();
  convert_fails(genes, "has 52 names of genes");
}

TEST(ConvertedFile, StopsAtCtrlC) {
  const TemporaryFolder folder;
  FakeSource source;
  core::set_interrupted(true);
  EXPECT_THROW((void)convert(source, folder / "a.h5ad"), core::Interrupted);
  core::set_interrupted(false);
}

TEST(ConvertedFile, NamesTheTargetThatCannotBeWritten) {
  const TemporaryFolder folder;
  FakeSource source;
  SCTAB_EXPECT_THROW_WITH((void)convert(source, folder / "none/a.h5ad"), core::InputError, "none/a.h5ad",
                          "cannot be written");
}

}  // namespace
}  // namespace sctab::h5ad
