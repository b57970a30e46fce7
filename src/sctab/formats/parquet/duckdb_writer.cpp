#include <fmt/format.h>

#include <algorithm>

#include "sctab/core/error.hpp"
#include "sctab/formats/parquet/duckdb_library.hpp"
#include "sctab/formats/parquet/duckdb_query.hpp"
#include "sctab/formats/parquet/parquet.hpp"

namespace sctab::parquet {
namespace {

using Text = std::function<std::string_view(std::int64_t)>;

/// What DuckDB's calls back read: the table, and the next of its rows.
struct Source {
  const std::vector<OutputColumn>& columns;
  std::int64_t n_rows;
  std::int64_t next = 0;
};

void declare_columns(duckdb_bind_info info) {
  for (const OutputColumn& column : static_cast<Source*>(duckdb().bind_get_extra_info(info))->columns) {
    const bool is_text = std::holds_alternative<Text>(column.values);
    duckdb_logical_type type = duckdb().create_logical_type(is_text ? DUCKDB_TYPE_VARCHAR : DUCKDB_TYPE_FLOAT);
    duckdb().bind_add_result_column(info, column.name.c_str(), type);
    duckdb().destroy_logical_type(&type);
  }
}

void begin(duckdb_init_info /*info*/) {}

void fill_rows(duckdb_function_info info, duckdb_data_chunk rows) {
  auto& source = *static_cast<Source*>(duckdb().function_get_extra_info(info));
  const std::int64_t n = std::min(static_cast<std::int64_t>(duckdb().vector_size()), source.n_rows - source.next);
  for (std::size_t i = 0; i < source.columns.size(); ++i) {
    const duckdb_vector values = duckdb().data_chunk_get_vector(rows, i);
    if (const Text* text = std::get_if<Text>(&source.columns[i].values)) {
      for (std::int64_t row = 0; row < n; ++row) {
        const std::string_view value = (*text)(source.next + row);
        duckdb().vector_assign_string_element_len(values, static_cast<idx_t>(row), value.data(), value.size());
      }
    } else {
      const auto& numbers = std::get<std::span<const float>>(source.columns[i].values);
      std::ranges::copy(numbers.subspan(static_cast<std::size_t>(source.next), static_cast<std::size_t>(n)),
                        static_cast<float*>(duckdb().vector_get_data(values)));
    }
  }
  source.next += n;
  duckdb().data_chunk_set_size(rows, static_cast<idx_t>(n));
}

/// A database of its own, so that the table function of one file is not seen by another.
class Database {
 public:
  explicit Database(const std::filesystem::path& path) : path_(path) {
    require_available(path);
    duckdb_config config = nullptr;
    duckdb().create_config(&config);
    duckdb().set_config(config, "threads", "1");
    duckdb().set_config(config, "temp_directory", "");
    const bool opened = duckdb().open_ext(nullptr, &database_, config, nullptr) == DuckDBSuccess &&
                        duckdb().connect(database_, &connection_) == DuckDBSuccess;
    duckdb().destroy_config(&config);
    if (!opened) fail("DuckDB does not start");
  }
  ~Database() {
    duckdb().disconnect(&connection_);
    duckdb().close(&database_);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void add_table_function(const char* name, Source& source) {
    duckdb_table_function function = duckdb().create_table_function();
    duckdb().table_function_set_name(function, name);
    duckdb().table_function_set_extra_info(function, &source, nullptr);
    duckdb().table_function_set_bind(function, declare_columns);
    duckdb().table_function_set_init(function, begin);
    duckdb().table_function_set_function(function, fill_rows);
    const bool added = duckdb().register_table_function(connection_, function) == DuckDBSuccess;
    duckdb().destroy_table_function(&function);
    if (!added) fail("DuckDB takes no table");
  }
  void run(const std::string& sql) {
    duckdb_result result{};
    const bool done = duckdb().query(connection_, sql.c_str(), &result) == DuckDBSuccess;
    const char* reason = done ? nullptr : duckdb().result_error(&result);
    const std::string text = reason == nullptr ? "" : reason;
    duckdb().destroy_result(&result);
    if (!done) fail(text);
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw core::InputError({.file = path_.string(),
                            .found = "cannot be written: " + reason.substr(0, reason.find('\n')),
                            .next_step = "free some space or choose another output"});
  }

  std::filesystem::path path_;
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

}  // namespace

void write_table(const std::filesystem::path& path, const std::vector<OutputColumn>& columns, std::int64_t n_rows) {
  Source source{.columns = columns, .n_rows = n_rows};
  Database database(path);
  database.add_table_function("rows_of_sctab", source);
  database.run(fmt::format("COPY (SELECT * FROM rows_of_sctab()) TO {} (FORMAT parquet)", sql_literal(path.string())));
}

}  // namespace sctab::parquet
