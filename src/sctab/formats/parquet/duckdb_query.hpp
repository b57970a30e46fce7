#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sctab/formats/parquet/duckdb_library.hpp"
#include "sctab/formats/parquet/parquet.hpp"

namespace sctab::parquet {

/// A text as SQL has it: in single quotes.
std::string sql_literal(std::string_view text);
/// A path as SQL has it: in quotes, no character of it taken for a pattern.
std::string sql_path(const std::filesystem::path& path);
/// SQL that reads a file's rows in their order: read_parquet('…').
std::string from_file(const std::filesystem::path& path);
/// A name as SQL has it: in double quotes.
std::string sql_name(std::string_view name);

/// One SQL query, its result read chunk by chunk, by the thread that asks for it.
class Query final : public Rows {
 public:
  /// path: the file that messages name. columns: what the result's columns are called in messages, and their types.
  Query(const std::filesystem::path& path, const std::string& sql, std::vector<Column> columns);
  ~Query() override = default;
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Makes the next rows the current ones; false at the end. Throws InputError where a value is missing.
  bool next();

  [[nodiscard]] std::int64_t size() const override { return size_; }
  [[nodiscard]] std::span<const std::int64_t> integers(std::size_t column) const override;
  [[nodiscard]] std::span<const bool> booleans(std::size_t column) const override;
  [[nodiscard]] std::string_view text(std::size_t column, std::int64_t row) const override;
  [[nodiscard]] std::span<const float> floats(std::size_t column, std::int64_t row) const override;

 private:
  template <auto destroy>  // a member of DuckdbFunctions
  struct Free {
    template <typename T>
    void operator()(T* handle) const {
      (duckdb().*destroy)(&handle);
    }
  };
  template <typename Handle, auto destroy>
  using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, Free<destroy>>;
  struct Result {
    duckdb_result value;
    Result() : value{} {}
    ~Result() { duckdb().destroy_result(&value); }
    Result(const Result&) = delete;
    Result& operator=(const Result&) = delete;
  };

  [[noreturn]] void fail(const char* reason) const;
  [[noreturn]] void refuse_missing(std::size_t column, std::int64_t row) const;
  void require_all_there(std::size_t column) const;
  [[nodiscard]] duckdb_vector vector(std::size_t column) const;

  std::filesystem::path path_;
  std::vector<Column> columns_;
  Owned<duckdb_connection, &DuckdbFunctions::disconnect> connection_;
  Owned<duckdb_prepared_statement, &DuckdbFunctions::destroy_prepare> statement_;
  std::optional<Result> result_;  // of the query, once DuckDB is loaded
  Owned<duckdb_data_chunk, &DuckdbFunctions::destroy_data_chunk> chunk_;
  std::int64_t size_ = 0;
  std::int64_t rows_before_ = 0;  // the current ones
};

}  // namespace sctab::parquet
