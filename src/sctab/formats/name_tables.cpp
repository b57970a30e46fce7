#include "sctab/formats/name_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unordered_set>

#include "sctab/core/csv.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/parquet/parquet.hpp"

namespace sctab::formats {
namespace {

namespace fs = std::filesystem;

bool is_parquet(const fs::path& path) {
  return parquet::is_parquet(path) || path.extension() == ".parquet";
}

core::CsvTable read_rows(const fs::path& path) {
  return is_parquet(path) ? parquet::read_table(path) : core::read_csv(path);
}

[[noreturn]] void refuse_columns(const fs::path& path, const core::CsvTable& table, std::string expected) {
  throw core::InputError({.file = path.string(),
                          .found = fmt::format("has the columns {}", fmt::join(table.header, ", ")),
                          .expected = std::move(expected)});
}

[[noreturn]] void refuse_row(const fs::path& path, std::size_t row, std::string found, std::string expected) {
  throw core::InputError({.file = path.string(),
                          .subject = fmt::format("row {} (counted from 0)", row),
                          .found = std::move(found),
                          .expected = std::move(expected)});
}

}  // namespace

genes::GeneList read_gene_table(const fs::path& path) {
  if (!is_parquet(path)) return genes::read_gene_list(path);
  const core::CsvTable table = read_rows(path);
  const auto id = table.find_column({"feature_id"}), symbol = table.find_column({"feature_name"});
  if (!id) refuse_columns(path, table, "one named feature_id with Ensembl ids");
  genes::GeneList genes;
  std::unordered_set<std::string> seen;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::vector<std::string>& fields = table.rows[row];
    std::string gene(genes::without_version(fields[*id]));
    if (!gene.starts_with("ENS") || !seen.insert(gene).second) {
      refuse_row(path, row, fmt::format("feature_id {:?}{}", fields[*id], seen.contains(gene) ? " again" : ""),
                 "an Ensembl id, each once");
    }
    genes.ids.push_back(std::move(gene));
    genes.symbols.push_back(symbol ? fields[*symbol] : std::string());
  }
  if (genes.ids.empty()) throw core::InputError({.file = path.string(), .found = "has no genes"});
  return genes;
}

LabelTable read_label_table(const fs::path& path) {
  const core::CsvTable table = read_rows(path);
  const auto label = table.find_column({"label", "cell_type"});
  const auto index = table.find_column({"", "Unnamed: 0", "index", "code", "__index_level_0__"});
  const auto id = table.find_column({"cell_type_ontology_term_id"});
  if (!label) {
    refuse_columns(path, table,
                   "one named label (or cell_type) with the names in the order of their codes, which are the outputs "
                   "of a network");
  }
  LabelTable result;
  std::unordered_set<std::string> seen;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::vector<std::string>& fields = table.rows[row];
    if (index && fields[*index] != std::to_string(row)) {
      refuse_row(path, row, fmt::format("the index {:?}", fields[*index]),
                 fmt::format("{}: rows in the order of the codes, which are the outputs of a network", row));
    }
    const std::string& name = fields[*label];
    const bool is_line = !name.empty() && name.find_first_of("\t\r\n") == std::string::npos;
    if (!is_line) refuse_row(path, row, fmt::format("the label {:?}", name), "a name on one line");
    if (!seen.insert(name).second) refuse_row(path, row, fmt::format("the label {:?} again", name), "each label once");
    result.labels.push_back(name);
    if (id) result.ids.push_back(fields[*id]);
  }
  if (result.labels.empty()) throw core::InputError({.file = path.string(), .found = "has no rows"});
  return result;
}

}  // namespace sctab::formats
