#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/sparse/csr.hpp"
#include "support/bytes.hpp"
#include "support/gene_id.hpp"
#include "support/gzip_bytes.hpp"
#include "support/random_csr.hpp"

namespace sctab::tests {

/// The three files of a matrix of cells as text, to be changed at will before they are written.
struct MatrixFiles {
  enum class Order { kByCell, kByGene, kShuffled };

  /// 40 cells of 30 genes.
  explicit MatrixFiles(Order order = Order::kByCell, bool cells_first = false, core::CellIndex n_cells = 40,
                       core::GeneIndex n_genes = 30) {
    core::Rng rng(7);
    counts = random_counts(rng, n_cells, n_genes, 0.3);
    struct Line {
      core::CellIndex cell;
      core::GeneIndex gene;
      std::string text;
    };
    std::vector<Line> lines;
    for (core::CellIndex cell = 0; cell < n_cells; ++cell) {
      const auto row = counts.row(cell);
      for (std::size_t i = 0; i < row.indices.size(); ++i) {
        const auto gene = row.indices[i];
        const auto [first, second] = cells_first ? std::pair<core::CellIndex, core::CellIndex>(cell, gene)
                                                 : std::pair<core::CellIndex, core::CellIndex>(gene, cell);
        lines.push_back({cell, gene, fmt::format("{} {} {}\n", first + 1, second + 1, row.data[i])});
      }
    }
    if (order == Order::kByGene) std::ranges::stable_sort(lines, {}, &Line::gene);
    if (order == Order::kShuffled) rng.shuffle(std::span(lines));
    head = fmt::format("%%MatrixMarket matrix coordinate integer general\n%\n{} {} {}\n",
                       cells_first ? n_cells : n_genes, cells_first ? core::CellIndex{n_genes} : n_cells, lines.size());
    for (const Line& line : lines) entries.push_back(line.text);
    for (core::CellIndex cell = 0; cell < n_cells; ++cell) barcodes += fmt::format("AAAC{}-1\n", cell);
    for (const std::string& id : gene_ids(n_genes)) {
      features += fmt::format("{}\tsymbol-{}\tGene Expression\n", id, id.substr(8));
    }
  }

  [[nodiscard]] std::string matrix() const {
    std::string text = head;
    for (const std::string& entry : entries) text += entry;
    return text;
  }

  /// By the names that Cell Ranger 3 gives, without .gz unless `packed`. prefix: before the names.
  void write(const std::filesystem::path& folder, const std::string& prefix = {}, bool packed = false) const {
    std::filesystem::create_directories(folder);
    const std::map<std::string, std::string> files = {
        {"matrix.mtx", matrix()}, {"barcodes.tsv", barcodes}, {"features.tsv", features}};
    for (const auto& [name, text] : files) {
      write_bytes(folder / (prefix + name + (packed ? ".gz" : "")), packed ? gzip_bytes(text) : text);
    }
  }

  sparse::CsrMatrix counts;
  std::string head, barcodes, features;
  std::vector<std::string> entries;  // lines
};

}  // namespace sctab::tests
