#pragma once

#include <duckdb.h>

#include <filesystem>
#include <span>
#include <vector>

/// The functions of DuckDB's C interface that we call, without their prefix duckdb_.
#define SCTAB_DUCKDB_FUNCTIONS(USE)     \
  USE(bind_add_result_column)           \
  USE(bind_get_extra_info)              \
  USE(close)                            \
  USE(column_count)                     \
  USE(connect)                          \
  USE(create_config)                    \
  USE(create_logical_type)              \
  USE(create_table_function)            \
  USE(data_chunk_get_size)              \
  USE(data_chunk_get_vector)            \
  USE(data_chunk_set_size)              \
  USE(destroy_config)                   \
  USE(destroy_data_chunk)               \
  USE(destroy_logical_type)             \
  USE(destroy_prepare)                  \
  USE(destroy_result)                   \
  USE(destroy_table_function)           \
  USE(disconnect)                       \
  USE(execute_prepared_streaming)       \
  USE(fetch_chunk)                      \
  USE(free)                             \
  USE(function_get_extra_info)          \
  USE(library_version)                  \
  USE(list_vector_get_child)            \
  USE(list_vector_get_size)             \
  USE(open_ext)                         \
  USE(prepare)                          \
  USE(prepare_error)                    \
  USE(query)                            \
  USE(register_table_function)          \
  USE(result_error)                     \
  USE(set_config)                       \
  USE(string_t_data)                    \
  USE(string_t_length)                  \
  USE(table_function_set_bind)          \
  USE(table_function_set_extra_info)    \
  USE(table_function_set_function)      \
  USE(table_function_set_init)          \
  USE(table_function_set_name)          \
  USE(validity_row_is_valid)            \
  USE(vector_assign_string_element_len) \
  USE(vector_get_data)                  \
  USE(vector_get_validity)              \
  USE(vector_size)

namespace sctab::parquet {

/// DuckDB's functions, each under its name without the prefix: duckdb().query(…) calls duckdb_query(…).
struct DuckdbFunctions {
// NOLINTNEXTLINE(bugprone-macro-parentheses): it declares a member
#define SCTAB_DUCKDB_MEMBER(name) decltype(&::duckdb_##name) name = nullptr;
  SCTAB_DUCKDB_FUNCTIONS(SCTAB_DUCKDB_MEMBER)
#undef SCTAB_DUCKDB_MEMBER
};

/// The files that may be DuckDB's library, in the order in which they are tried. $SCTAB_DUCKDB, a folder, is the only
/// place if it is set. A name without a folder is looked for where the system has its libraries.
std::vector<std::filesystem::path> duckdb_candidates();

/// Loads the first candidate that exists, for the rest of the program. Throws InputError if there is none, or if that
/// one cannot be loaded, is not DuckDB 1 or lacks a function: it names the library, and the places or the function.
DuckdbFunctions load_duckdb(std::span<const std::filesystem::path> candidates);

/// DuckDB, loaded by the first call, which takes some 50 ms. Any thread may call it. Throws as load_duckdb() does.
const DuckdbFunctions& duckdb();

}  // namespace sctab::parquet
