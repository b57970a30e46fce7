#include "sctab/formats/parquet/duckdb_query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/memory_budget.hpp"

namespace sctab::parquet {
namespace {

// Between quotes, each quote within doubled.
std::string in_quotes(std::string_view text, char quote) {
  std::string result(1, quote);
  for (const char c : text) {
    if (c == quote) result += quote;
    result += c;
  }
  return result + quote;
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

// Whether the first n bits are all set.
bool all_set(const std::uint64_t* bits, std::size_t n) {
  constexpr std::size_t kWidth = 64;
  if (bits == nullptr) return true;
  if (!std::all_of(bits, bits + n / kWidth, [](std::uint64_t word) { return ~word == 0; })) return false;
  const std::uint64_t last = (std::uint64_t{1} << (n % kWidth)) - 1;
  return n % kWidth == 0 || (bits[n / kWidth] & last) == last;
}

// In memory, for the whole program: opening one takes longer than many queries. It has no threads of its own: those
// that ask it queries do the work. It caches no files: memory stays bounded, and a file
// that changed is read again.
duckdb_database open_database() {
  duckdb_config config = nullptr;
  duckdb().create_config(&config);
  constexpr std::array<std::pair<const char*, const char*>, 5> kSettings = {{{"threads", "1"},
                                                                             {"temp_directory", ""},
                                                                             {"enable_external_file_cache", "false"},
                                                                             {"autoinstall_known_extensions", "false"},
                                                                             {"autoload_known_extensions", "false"}}};
  for (const auto& [name, value] : kSettings) SCTAB_ASSERT(duckdb().set_config(config, name, value) == DuckDBSuccess);
  const std::string memory = fmt::format("{}B", core::memory_budget());
  SCTAB_ASSERT(duckdb().set_config(config, "memory_limit", memory.c_str()) == DuckDBSuccess);
  duckdb_database database = nullptr;
  char* reason = nullptr;
  const bool opened = duckdb().open_ext(nullptr, &database, config, &reason) == DuckDBSuccess;
  duckdb().destroy_config(&config);
  if (opened) return database;
  const std::string text = reason == nullptr ? "no reason given" : first_line(reason);
  duckdb().free(reason);
  throw core::InputError({.subject = "DuckDB",
                          .found = "does not start: " + text,
                          .next_step = "reinstall it with tools/install-dependencies.sh"});
}

duckdb_database shared_database() {
  struct Close {
    void operator()(duckdb_database database) const { duckdb().close(&database); }
  };
  static const std::unique_ptr<_duckdb_database, Close> database(open_database());
  return database.get();
}

}  // namespace

std::string sql_name(std::string_view name) {
  return in_quotes(name, '"');
}

std::string sql_literal(std::string_view text) {
  return in_quotes(text, '\'');
}

std::string sql_path(const std::filesystem::path& path) {
  std::string pattern;
  for (const char c : path.string()) {
    const bool special = c == '*' || c == '?' || c == '[';
    pattern += special ? fmt::format("[{}]", c) : std::string(1, c);
  }
  return sql_literal(pattern);
}

std::string from_file(const std::filesystem::path& path) {
  return fmt::format("read_parquet({}, hive_partitioning = false)", sql_path(path));
}

Query::Query(const std::filesystem::path& path, const std::string& sql, std::vector<Column> columns)
    : path_(path), columns_(std::move(columns)) {
  if (!std::filesystem::is_regular_file(path)) {
    throw core::InputError({.file = path.string(), .found = "no such file", .expected = "a Parquet file"});
  }
  require_available(path);
  duckdb_connection connection = nullptr;
  if (duckdb().connect(shared_database(), &connection) != DuckDBSuccess) fail("DuckDB makes no connection");
  connection_.reset(connection);
  duckdb_prepared_statement statement = nullptr;
  const bool prepared = duckdb().prepare(connection, sql.c_str(), &statement) == DuckDBSuccess;
  statement_.reset(statement);
  if (!prepared) fail(duckdb().prepare_error(statement));
  result_.emplace();
  if (duckdb().execute_prepared_streaming(statement, &result_->value) != DuckDBSuccess) {
    fail(duckdb().result_error(&result_->value));
  }
  SCTAB_ASSERT(duckdb().column_count(&result_->value) == columns_.size());
}

void Query::fail(const char* reason) const {
  throw core::InputError(
      {.file = path_.string(),
       .found = "cannot be read as Parquet: " + first_line(reason == nullptr ? "no reason given" : reason),
       .next_step = "if it is not whole, download it again"});
}

void Query::refuse_missing(std::size_t column, std::int64_t row) const {
  throw core::InputError({.file = path_.string(),
                          .subject = "column " + columns_[column].name,
                          .found = fmt::format("row {} (counted from 0) has no value", rows_before_ + row),
                          .expected = "a value in every row"});
}

duckdb_vector Query::vector(std::size_t column) const {
  return duckdb().data_chunk_get_vector(chunk_.get(), column);
}

void Query::require_all_there(std::size_t column) const {
  const duckdb_vector values = vector(column);
  std::uint64_t* present = duckdb().vector_get_validity(values);
  for (std::int64_t row = 0; present != nullptr && row < size_; ++row) {
    if (!duckdb().validity_row_is_valid(present, static_cast<idx_t>(row))) refuse_missing(column, row);
  }
  if (columns_[column].type != Type::kFloats) return;
  std::uint64_t* elements = duckdb().vector_get_validity(duckdb().list_vector_get_child(values));
  if (all_set(elements, duckdb().list_vector_get_size(values))) return;
  const auto* lists = static_cast<const duckdb_list_entry*>(duckdb().vector_get_data(values));
  for (std::int64_t row = 0; row < size_; ++row) {
    for (idx_t i = 0; i < lists[row].length; ++i) {
      if (!duckdb().validity_row_is_valid(elements, lists[row].offset + i)) refuse_missing(column, row);
    }
  }
}

bool Query::next() {
  rows_before_ += std::exchange(size_, 0);
  do {
    chunk_.reset();  // before the next is made: of the published cells each takes 130 MB
    chunk_.reset(duckdb().fetch_chunk(result_->value));
    if (!chunk_) {
      const char* reason = duckdb().result_error(&result_->value);
      if (reason != nullptr && *reason != '\0') fail(reason);
      return false;
    }
    size_ = static_cast<std::int64_t>(duckdb().data_chunk_get_size(chunk_.get()));
  } while (size_ == 0);
  for (std::size_t column = 0; column < columns_.size(); ++column) require_all_there(column);
  return true;
}

std::span<const std::int64_t> Query::integers(std::size_t column) const {
  SCTAB_ASSERT(columns_.at(column).type == Type::kInt64);
  return {static_cast<const std::int64_t*>(duckdb().vector_get_data(vector(column))), static_cast<std::size_t>(size_)};
}

std::span<const bool> Query::booleans(std::size_t column) const {
  SCTAB_ASSERT(columns_.at(column).type == Type::kBool);
  return {static_cast<const bool*>(duckdb().vector_get_data(vector(column))), static_cast<std::size_t>(size_)};
}

std::string_view Query::text(std::size_t column, std::int64_t row) const {
  SCTAB_ASSERT(columns_.at(column).type == Type::kText);
  duckdb_string_t* texts = static_cast<duckdb_string_t*>(duckdb().vector_get_data(vector(column)));
  return {duckdb().string_t_data(texts + row), duckdb().string_t_length(texts[row])};
}

std::span<const float> Query::floats(std::size_t column, std::int64_t row) const {
  SCTAB_ASSERT(columns_.at(column).type == Type::kFloats);
  const duckdb_vector lists = vector(column);
  const duckdb_list_entry list = static_cast<const duckdb_list_entry*>(duckdb().vector_get_data(lists))[row];
  const auto* elements = static_cast<const float*>(duckdb().vector_get_data(duckdb().list_vector_get_child(lists)));
  return {elements + list.offset, list.length};
}

}  // namespace sctab::parquet
