#include "sctab/formats/csv/orientation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/formats/csv/name_shapes.hpp"

namespace sctab::csv {
namespace {

constexpr std::size_t kMostNames = 5'000;  // looked at, spread over all

formats::Strings sample(const formats::Strings& names) {
  if (names.size() <= kMostNames) return names;
  formats::Strings some;
  for (std::size_t i = 0; i < kMostNames; ++i) some.push_back(names[i * names.size() / kMostNames]);
  return some;
}

/// What the names of one side look like, as shares from 0 to 1.
struct Side {
  double genes = 0, cells = 0;
  void look_at(const formats::Strings& names) {
    const formats::Strings some = sample(names);
    genes = std::max(genes, gene_share(some));
    cells = std::max(cells, cell_share(some));
  }
};

Side rows_of(const Table& table) {
  Side rows;
  rows.look_at(table.index.names);
  for (std::size_t i = 1; i < table.form.labels.size(); ++i) {
    const std::string& title = table.form.titles()[static_cast<std::size_t>(table.form.labels[i].column)];
    if (is_title_of_genes(title)) rows.look_at(table.index.more[i - 1].categories);
  }
  return rows;
}

Side columns_of(const Table& table) {
  Side columns;
  const std::vector<std::int32_t> values = table.form.value_columns();
  for (const formats::Strings& header : table.form.headers) {
    formats::Strings names;
    for (const std::int32_t column : values) names.push_back(header[static_cast<std::size_t>(column)]);
    columns.look_at(names);
  }
  return columns;
}

/// By names of genes: one in fifty, and four times as many as on the other side, where one in seven is usual.
std::optional<FoundOrientation> by_genes(const Side& rows, const Side& columns) {
  constexpr double kLeast = 0.02, kTimes = 4;
  if (columns.genes >= kLeast && columns.genes >= kTimes * rows.genes) {
    return FoundOrientation{false, "its columns are named like genes"};
  }
  if (rows.genes >= kLeast && rows.genes >= kTimes * columns.genes) {
    return FoundOrientation{true, "its lines are named like genes"};
  }
  return std::nullopt;
}

std::optional<FoundOrientation> by_cells(const Side& rows, const Side& columns) {
  constexpr double kMost = 0.5;
  if (rows.cells >= kMost && columns.cells < kMost) return FoundOrientation{false, "its lines are named like cells"};
  if (columns.cells >= kMost && rows.cells < kMost) return FoundOrientation{true, "its columns are named like cells"};
  return std::nullopt;
}

std::optional<FoundOrientation> by_titles(const TableForm& form) {
  const std::string& first = form.titles().front();
  if (is_title_of_genes(first)) return FoundOrientation{true, fmt::format("its first column is titled '{}'", first)};
  if (is_title_of_cells(first)) return FoundOrientation{false, fmt::format("its first column is titled '{}'", first)};
  for (const LabelColumn& label : form.labels) {
    const std::string& title = form.titles()[static_cast<std::size_t>(label.column)];
    if (is_cell_measure(title)) return FoundOrientation{false, fmt::format("it has a column '{}'", title)};
    if (is_gene_measure(title)) return FoundOrientation{true, fmt::format("it has a column '{}'", title)};
  }
  return std::nullopt;
}

}  // namespace

FoundOrientation find_orientation(const Table& table, formats::Orientation given) {
  if (given == formats::Orientation::kCellsByGenes) return {false, "--orientation says so"};
  if (given == formats::Orientation::kGenesByCells) return {true, "--orientation says so"};
  const Side rows = rows_of(table), columns = columns_of(table);
  if (auto found = by_genes(rows, columns)) return std::move(*found);
  if (auto found = by_cells(rows, columns)) return std::move(*found);
  if (auto found = by_titles(table.form)) return std::move(*found);
  throw core::InputError({.file = table.path.string(),
                          .found = "names neither its lines nor its columns like genes or cells",
                          .expected = "Ensembl ids or human gene symbols on one side",
                          .next_step = "say which a line is: --orientation cells-by-genes or genes-by-cells"});
}

}  // namespace sctab::csv
