#include "formats/parquet/sql.hpp"

#include <stdexcept>

#include "sctab/formats/parquet/duckdb_library.hpp"

namespace sctab::tests {

using parquet::duckdb;

void run_sql(const std::string& statements) {
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  duckdb_result result{};
  if (duckdb().open_ext(nullptr, &database, nullptr, nullptr) != DuckDBSuccess ||
      duckdb().connect(database, &connection) != DuckDBSuccess) {
    throw std::runtime_error("DuckDB makes no database");
  }
  const bool done = duckdb().query(connection, statements.c_str(), &result) == DuckDBSuccess;
  const std::string reason = done ? "" : duckdb().result_error(&result);
  duckdb().destroy_result(&result);
  duckdb().disconnect(&connection);
  duckdb().close(&database);
  if (!done) throw std::runtime_error(reason);
}

}  // namespace sctab::tests
