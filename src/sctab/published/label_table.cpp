#include "sctab/published/label_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "sctab/core/error.hpp"
#include "sctab/published/csv_table.hpp"

namespace sctab::published {
namespace {

/// The first of these columns that the table has.
std::optional<std::size_t> column(const CsvTable& table, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const auto found = std::ranges::find(table.header, name);
    if (found != table.header.end()) return static_cast<std::size_t>(found - table.header.begin());
  }
  return std::nullopt;
}

}  // namespace

LabelTable read_label_table(const std::filesystem::path& path) {
  const CsvTable table = read_table(path);
  const auto label = column(table, {"label", "cell_type"});
  const auto index = column(table, {"", "Unnamed: 0", "index", "code", "__index_level_0__"});
  const auto id = column(table, {"cell_type_ontology_term_id"});
  if (!label) {
    throw core::InputError(
        fmt::format("{}: has columns {}, expected one named label (or cell_type) with the names in the order "
                    "of their codes, which are a network's outputs",
                    path.string(), fmt::join(table.header, ", ")));
  }
  LabelTable result;
  std::unordered_set<std::string> seen;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::vector<std::string>& fields = table.rows[row];
    if (index && fields[*index] != std::to_string(row)) {
      throw core::InputError(
          fmt::format("{}: row {} has index {:?}, expected {}: the rows must stand in the order of "
                      "the codes, which are a network's outputs",
                      path.string(), row, fields[*index], row));
    }
    const std::string& name = fields[*label];
    const bool is_line = !name.empty() && name.find_first_of("\t\r\n") == std::string::npos;
    if (!is_line || !seen.insert(name).second) {
      throw core::InputError(fmt::format("{}: row {} has label {:?}{}, expected a name of its own in each row",
                                         path.string(), row, name, is_line ? " again" : ""));
    }
    result.labels.push_back(name);
    if (id) result.ids.push_back(fields[*id]);
  }
  return result;
}

}  // namespace sctab::published
