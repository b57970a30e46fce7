#include "sctab/published/label_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unordered_set>

#include "sctab/core/csv.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/parquet/parquet.hpp"

namespace sctab::published {
namespace {

/// The rows below the header, from Parquet or csv.
core::CsvTable read_rows(const std::filesystem::path& path) {
  if (!parquet::is_parquet(path) && path.extension() != ".parquet") return core::read_csv(path);
  return parquet::read_table(path);
}

}  // namespace

LabelTable read_label_table(const std::filesystem::path& path) {
  const core::CsvTable table = read_rows(path);
  const auto label = table.find_column({"label", "cell_type"});
  const auto index = table.find_column({"", "Unnamed: 0", "index", "code", "__index_level_0__"});
  const auto id = table.find_column({"cell_type_ontology_term_id"});
  if (!label) {
    throw core::InputError({.file = path.string(),
                            .found = fmt::format("has the columns {}", fmt::join(table.header, ", ")),
                            .expected = "one named label (or cell_type) with the names in the order of their codes, "
                                        "which are the outputs of a network"});
  }
  LabelTable result;
  std::unordered_set<std::string> seen;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::vector<std::string>& fields = table.rows[row];
    const auto refuse = [&](const std::string& found, const std::string& expected) {
      throw core::InputError({.file = path.string(),
                              .subject = fmt::format("row {} (counted from 0)", row),
                              .found = found,
                              .expected = expected});
    };
    if (index && fields[*index] != std::to_string(row)) {
      refuse(fmt::format("the index {:?}", fields[*index]),
             fmt::format("{}: rows in the order of the codes, which are the outputs of a network", row));
    }
    const std::string& name = fields[*label];
    const bool is_line = !name.empty() && name.find_first_of("\t\r\n") == std::string::npos;
    if (!is_line) refuse(fmt::format("the label {:?}", name), "a name on one line");
    if (!seen.insert(name).second) refuse(fmt::format("the label {:?} again", name), "each label once");
    result.labels.push_back(name);
    if (id) result.ids.push_back(fields[*id]);
  }
  if (result.labels.empty()) throw core::InputError({.file = path.string(), .found = "has no rows"});
  return result;
}

}  // namespace sctab::published
