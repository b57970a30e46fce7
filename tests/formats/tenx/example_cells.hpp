#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "sctab/formats/cell_source.hpp"
#include "support/fixtures.hpp"
#include "support/python.hpp"

namespace sctab::tenx::tests {

inline constexpr core::CellIndex kCells = 137;
inline constexpr core::GeneIndex kGenes = 53;

/// Of the cells that example_files.py writes, here and for loom; cell 5 has none.
inline float example_count(core::CellIndex cell, core::GeneIndex gene) {
  if (cell == 5 || (cell * 31 + gene * 17) % 7 != 0) return 0;
  return static_cast<float>((cell * gene) % 50 + 1);
}

/// All rows of a matrix, read in blocks, as a dense matrix.
inline std::vector<float> read_dense(const formats::CellSource& source, std::string_view matrix,
                                     core::CellIndex cells_of_block = 10, const formats::ReadOptions& options = {}) {
  const std::unique_ptr<formats::RowReader> reader = source.read_rows(matrix, options);
  std::vector<float> dense;
  for (sparse::CsrMatrix block; reader->next(cells_of_block, block);) {
    const std::size_t begin = dense.size();
    dense.resize(begin + static_cast<std::size_t>(block.n_cells * block.n_genes));
    for (core::CellIndex cell = 0; cell < block.n_cells; ++cell) {
      const auto row = block.row(cell);
      for (std::size_t i = 0; i < row.indices.size(); ++i) {
        dense[begin + static_cast<std::size_t>(cell * block.n_genes + row.indices[i])] = row.data[i];
      }
    }
  }
  return dense;
}

/// Expects the example cells, with their counts times `factor`.
inline void expect_example(const formats::CellSource& source, std::string_view matrix, float factor = 1) {
  ASSERT_EQ(source.n_cells(), kCells);
  const std::vector<float> dense = read_dense(source, matrix);
  ASSERT_EQ(dense.size(), static_cast<std::size_t>(kCells * kGenes));
  for (core::CellIndex cell = 0; cell < kCells; ++cell) {
    for (core::GeneIndex gene = 0; gene < kGenes; ++gene) {
      ASSERT_EQ(dense[static_cast<std::size_t>(cell * kGenes + gene)], factor * example_count(cell, gene))
          << "cell " << cell << ", gene " << gene;
    }
  }
}

/// "CELL0-1", …
inline formats::Strings numbered(std::string_view before, std::int64_t n, std::string_view behind = "") {
  formats::Strings names;
  for (std::int64_t i = 0; i < n; ++i) names.push_back(fmt::format("{}{}{}", before, i, behind));
  return names;
}

/// ENSG00000000000, …
inline formats::Strings example_ids(std::string_view before = "ENSG") {
  formats::Strings ids;
  for (core::GeneIndex gene = 0; gene < kGenes; ++gene) ids.push_back(fmt::format("{}{:011}", before, gene));
  return ids;
}

/// The folder of the files that tests/SCRIPT writes.
inline void write_examples(const std::string& script, const std::filesystem::path& folder) {
  const sctab::tests::PythonResult made = sctab::tests::run_python(script, folder.string());
  ASSERT_EQ(made.status, 0) << made.output;
}

}  // namespace sctab::tenx::tests
