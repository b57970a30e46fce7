#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/parquet/duckdb_query.hpp"

namespace sctab::parquet {
namespace {

/// What DuckDB calls a type, and what we call it in messages.
struct TypeName {
  const char* duckdb;
  const char* ours;
};

TypeName name(Type type) {
  constexpr std::array<TypeName, 4> kNames = {
      {{"BIGINT", "int64"}, {"BOOLEAN", "bool"}, {"VARCHAR", "text"}, {"FLOAT[]", "list of float32"}}};
  return kNames.at(static_cast<std::size_t>(type));
}

void require_columns(const std::filesystem::path& path, const std::vector<Column>& wanted) {
  const std::vector<FileColumn> found = read_columns(path);
  std::vector<std::string> names;
  for (const FileColumn& column : found) names.push_back(column.name);
  for (const Column& column : wanted) {
    const auto at = std::ranges::find(found, column.name, &FileColumn::name);
    if (at == found.end()) {
      throw core::InputError({.file = path.string(),
                              .found = fmt::format("has no column {}, only {}", column.name, fmt::join(names, ", ")),
                              .next_step = "check that it is the right file"});
    }
    if (at->type == name(column.type).duckdb) continue;
    throw core::InputError({.file = path.string(),
                            .subject = "column " + column.name,
                            .found = "is of type " + at->type,
                            .expected = fmt::format("{} ({})", name(column.type).duckdb, name(column.type).ours)});
  }
}

std::string select(const std::filesystem::path& path, const std::vector<Column>& columns) {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(sql_name(column.name));
  return fmt::format("SELECT {} FROM {}", fmt::join(names, ", "), from_file(path));
}

std::int64_t count_rows(const std::filesystem::path& path) {
  Query query(path, "SELECT count(*) FROM " + from_file(path), {{"rows", Type::kInt64}});
  SCTAB_ASSERT(query.next());
  return query.integers(0)[0];
}

}  // namespace

struct Reader::State {
  State(const std::filesystem::path& file, const std::vector<Column>& wanted)
      : path(file), columns(wanted), n_rows(count_rows(file)) {}
  std::filesystem::path path;
  std::vector<Column> columns;
  std::int64_t n_rows;
  std::optional<Query> query;  // from the first next() on, for it decodes rows as soon as it is made
};

Reader::Reader(const std::filesystem::path& path, const std::vector<Column>& columns) {
  require_columns(path, columns);
  state_ = std::make_unique<State>(path, columns);
}

Reader::~Reader() = default;

std::int64_t Reader::n_rows() const {
  return state_->n_rows;
}

const Rows* Reader::next() {
  State& state = *state_;
  if (!state.query) state.query.emplace(state.path, select(state.path, state.columns), state.columns);
  return state.query->next() ? &*state.query : nullptr;
}

std::int64_t rows_in_footer(const std::filesystem::path& path) {
  Query query(path, fmt::format("SELECT num_rows FROM parquet_file_metadata({})", sql_path(path)),
              {{"num_rows", Type::kInt64}});
  SCTAB_ASSERT(query.next());
  return query.integers(0)[0];
}

std::vector<FileColumn> read_columns(const std::filesystem::path& path) {
  Query query(path, fmt::format("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {})", from_file(path)),
              {{"column_name", Type::kText}, {"column_type", Type::kText}});
  std::vector<FileColumn> columns;
  while (query.next()) {
    for (std::int64_t row = 0; row < query.size(); ++row) {
      columns.push_back({std::string(query.text(0, row)), std::string(query.text(1, row))});
    }
  }
  return columns;
}

core::CsvTable read_table(const std::filesystem::path& path, std::int64_t most_rows) {
  core::CsvTable table;
  std::vector<std::string> expressions;
  std::vector<Column> texts;
  for (const FileColumn& column : read_columns(path)) {
    table.header.push_back(column.name);
    texts.push_back({column.name, Type::kText});
    expressions.push_back(fmt::format("coalesce(CAST({} AS VARCHAR), '')", sql_name(column.name)));
  }
  const std::int64_t n_rows = count_rows(path);
  if (n_rows > most_rows) {
    throw core::InputError({.file = path.string(),
                            .found = "has " + core::plural(n_rows, "row"),
                            .expected = fmt::format("a table of at most {}", core::format_count(most_rows)),
                            .next_step = "check that it is the right file"});
  }
  Query query(path, fmt::format("SELECT {} FROM {}", fmt::join(expressions, ", "), from_file(path)), texts);
  while (query.next()) {
    for (std::int64_t row = 0; row < query.size(); ++row) {
      std::vector<std::string>& fields = table.rows.emplace_back();
      for (std::size_t column = 0; column < texts.size(); ++column) fields.emplace_back(query.text(column, row));
    }
  }
  return table;
}

}  // namespace sctab::parquet
