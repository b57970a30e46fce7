#include "sctab/model/model_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <unordered_set>

#include "sctab/core/csv.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/staged_output.hpp"

namespace sctab::model {
namespace {

const std::vector<std::string> kColumns = {"index", "label", "cell_type_ontology_term_id"};

}  // namespace

void write_cell_types(const std::filesystem::path& path, const std::vector<CellTypeLabel>& cell_types) {
  std::string text = fmt::format("{}\n", fmt::join(kColumns, "\t"));
  for (std::size_t i = 0; i < cell_types.size(); ++i) {
    for (const std::string& name : {cell_types[i].label, cell_types[i].id}) core::require_tsv_field(path, name);
    text += fmt::format("{}\t{}\t{}\n", i, cell_types[i].label, cell_types[i].id);
  }
  core::write_file_atomically(path, text);
}

std::vector<CellTypeLabel> read_cell_types(const std::filesystem::path& path) {
  core::CsvReader tsv(path, core::kPlainTsv);
  tsv.require_header(kColumns);
  std::vector<CellTypeLabel> cell_types;
  std::unordered_set<std::string> seen;
  for (std::vector<std::string> row; tsv.next(row);) {
    const std::string& id = row[2];
    if (row[0] != std::to_string(cell_types.size())) {
      throw tsv.error({.found = fmt::format("the index '{}'", row[0]),
                       .expected = std::to_string(cell_types.size()),
                       .next_step = "restore the file; it is damaged"});
    }
    if (!id.empty() && !seen.insert(id).second) {
      throw tsv.error({.found = fmt::format("the id {} again", id),
                       .expected = "each id once",
                       .next_step = "restore the file; it is damaged"});
    }
    cell_types.push_back({std::move(row[1]), std::move(row[2])});
  }
  return cell_types;
}

}  // namespace sctab::model
