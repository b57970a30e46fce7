#include "formats/parquet/sql.hpp"

#include <duckdb.h>

#include <stdexcept>

namespace sctab::tests {

void run_sql(const std::string& statements) {
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  duckdb_result result{};
  if (duckdb_open(nullptr, &database) != DuckDBSuccess || duckdb_connect(database, &connection) != DuckDBSuccess) {
    throw std::runtime_error("DuckDB makes no database");
  }
  const bool done = duckdb_query(connection, statements.c_str(), &result) == DuckDBSuccess;
  const std::string reason = done ? "" : duckdb_result_error(&result);
  duckdb_destroy_result(&result);
  duckdb_disconnect(&connection);
  duckdb_close(&database);
  if (!done) throw std::runtime_error(reason);
}

}  // namespace sctab::tests
