#pragma once

#include <gtest/gtest.h>

#include <string>

#include "sctab/formats/parquet/parquet.hpp"

namespace sctab::tests {

/// Runs SQL in a database in memory that the caller's statements share: tests make Parquet files with COPY. Throws
/// std::runtime_error with what DuckDB says.
void run_sql(const std::string& statements);

}  // namespace sctab::tests

/// Skips the test, with a clear line, where there is no DuckDB.
#define SCTAB_NEED_DUCKDB() \
  if (!::sctab::parquet::is_available()) GTEST_SKIP() << "needs DuckDB, which tools/install-dependencies.sh installs"
