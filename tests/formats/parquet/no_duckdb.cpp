// A library that says it is DuckDB, of the version SCTAB_FAKE_VERSION, and has no other function.
extern "C" const char* duckdb_library_version();

const char* duckdb_library_version() {
  return SCTAB_FAKE_VERSION;
}
