// In place of sql.cpp in a build without DuckDB's header, whose tests skip before they get here.
#include <stdexcept>

#include "formats/parquet/sql.hpp"

namespace sctab::tests {

void run_sql(const std::string& /*statements*/) {
  throw std::runtime_error("this build has no DuckDB");
}

}  // namespace sctab::tests
