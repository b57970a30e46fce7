#include "sctab/model/model_tables.hpp"

#include <fmt/format.h>

#include <fstream>
#include <string>
#include <unordered_set>

#include "sctab/core/error.hpp"
#include "sctab/core/staged_output.hpp"

namespace sctab::model {
namespace {

constexpr std::string_view kGenesHeader = "gene_id\tgene_symbol";
constexpr std::string_view kCellTypesHeader = "index\tlabel\tcell_type_ontology_term_id";

using Row = std::vector<std::string>;

Row split(const std::string& line) {
  Row fields(1);
  for (const char c : line) {
    if (c == '\t') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

/// The lines below the header, which gives the number of fields of each.
std::vector<Row> read_rows(const std::filesystem::path& path, std::string_view header) {
  std::ifstream file(path);
  if (!file) throw core::InputError(fmt::format("{}: no such file, or it cannot be read", path.string()));
  const std::size_t n_fields = split(std::string(header)).size();
  std::string line;
  if (!std::getline(file, line) || line != header) {
    throw core::InputError(fmt::format("{}: line 1 is '{}', expected the header '{}'", path.string(), line, header));
  }
  std::vector<Row> rows;
  while (std::getline(file, line)) {
    rows.push_back(split(line));
    if (rows.back().size() != n_fields) {
      throw core::InputError(fmt::format("{}: line {} has {} fields, expected {} with tabs between", path.string(),
                                         rows.size() + 1, rows.back().size(), n_fields));
    }
  }
  return rows;
}

void require_new_id(const std::filesystem::path& path, std::size_t row, const std::string& id,
                    std::unordered_set<std::string>& seen) {
  if (id.empty() || !seen.insert(id).second) {
    throw core::InputError(fmt::format("{}: line {} has {}, expected an id of its own", path.string(), row + 2,
                                       id.empty() ? "no id" : "id " + id + " a second time"));
  }
}

/// A name as one field; throws where it would break the table.
const std::string& field(const std::filesystem::path& path, const std::string& text) {
  if (text.find_first_of("\t\n\r") != std::string::npos) {
    throw core::InputError(
        fmt::format("{}: the name '{}' holds a tab or a line end, which no name may; rename it", path.string(), text));
  }
  return text;
}

}  // namespace

void write_genes(const std::filesystem::path& path, const genes::GeneList& genes) {
  SCTAB_ASSERT(genes.symbols.size() == genes.ids.size());
  std::string text = fmt::format("{}\n", kGenesHeader);
  for (std::size_t i = 0; i < genes.ids.size(); ++i) {
    text += fmt::format("{}\t{}\n", field(path, genes.ids[i]), field(path, genes.symbols[i]));
  }
  core::write_file_atomically(path, text);
}

genes::GeneList read_genes(const std::filesystem::path& path) {
  genes::GeneList genes;
  std::unordered_set<std::string> seen;
  for (Row& row : read_rows(path, kGenesHeader)) {
    require_new_id(path, genes.ids.size(), row[0], seen);
    genes.ids.push_back(std::move(row[0]));
    genes.symbols.push_back(std::move(row[1]));
  }
  return genes;
}

void write_cell_types(const std::filesystem::path& path, const std::vector<CellTypeLabel>& cell_types) {
  std::string text = fmt::format("{}\n", kCellTypesHeader);
  for (std::size_t i = 0; i < cell_types.size(); ++i) {
    text += fmt::format("{}\t{}\t{}\n", i, field(path, cell_types[i].label), field(path, cell_types[i].id));
  }
  core::write_file_atomically(path, text);
}

std::vector<CellTypeLabel> read_cell_types(const std::filesystem::path& path) {
  std::vector<CellTypeLabel> cell_types;
  std::unordered_set<std::string> seen;
  for (Row& row : read_rows(path, kCellTypesHeader)) {
    if (row[0] != std::to_string(cell_types.size())) {
      throw core::InputError(fmt::format("{}: line {} has index '{}', expected {}", path.string(),
                                         cell_types.size() + 2, row[0], cell_types.size()));
    }
    if (!row[2].empty()) require_new_id(path, cell_types.size(), row[2], seen);
    cell_types.push_back({std::move(row[1]), std::move(row[2])});
  }
  return cell_types;
}

}  // namespace sctab::model
