#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sctab/core/csv.hpp"

namespace sctab::parquet {

/// Whether Parquet can be read and written here: whether DuckDB, which is loaded by the first call, can be.
bool is_available();
/// Throws InputError, naming the file, what is wrong with DuckDB and what to do, where it cannot.
void require_available(const std::filesystem::path& path);
/// DuckDB's version, "v1.4.4", after loading it; nothing where that fails.
std::optional<std::string> library_version();
/// Whether the file is Parquet, by its content.
bool is_parquet(const std::filesystem::path& path);

/// The types of columns that are read. kFloats: a list of float32 in each row.
enum class Type : std::uint8_t { kInt64, kBool, kText, kFloats };

struct Column {
  std::string name;
  Type type = Type::kInt64;
};

/// A column of a file: its name and its type as DuckDB calls it, "BIGINT".
struct FileColumn {
  std::string name, type;
};

/// Rows of a file that are in memory together. Columns are counted as they were asked for; their type must be the one
/// asked for. What is returned lives until the next rows are read.
class Rows {
 public:
  virtual ~Rows() = default;
  [[nodiscard]] virtual std::int64_t size() const = 0;
  [[nodiscard]] virtual std::span<const std::int64_t> integers(std::size_t column) const = 0;
  [[nodiscard]] virtual std::span<const bool> booleans(std::size_t column) const = 0;
  [[nodiscard]] virtual std::string_view text(std::size_t column, std::int64_t row) const = 0;
  [[nodiscard]] virtual std::span<const float> floats(std::size_t column, std::int64_t row) const = 0;
};

/// Reads some columns of one Parquet file, in the order of its rows, in memory for a row group or 2,048 rows of it.
/// Uses one thread, its caller's; several readers may be at work at once. Touches nothing but the file. All functions
/// throw InputError naming the file where it cannot be read as Parquet or is damaged, and where there is no DuckDB.
class Reader {
 public:
  /// Reads no rows yet, only what the file says of itself. Throws InputError naming the column too where one is missing
  /// or of another type than asked for.
  Reader(const std::filesystem::path& path, const std::vector<Column>& columns);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Rows of the whole file.
  [[nodiscard]] std::int64_t n_rows() const;
  /// The next rows, in order; nullptr at the end. Throws InputError naming column and row where a value is missing.
  const Rows* next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// How many rows the end of a file announces: its own, or those of the other files of a folder whose _metadata it is.
std::int64_t rows_in_footer(const std::filesystem::path& path);

/// The columns of a file.
std::vector<FileColumn> read_columns(const std::filesystem::path& path);

/// A whole small file, each value as text; empty where missing. Throws InputError if it has more than most_rows rows.
core::CsvTable read_table(const std::filesystem::path& path, std::int64_t most_rows = 1'000'000);

/// A column to write, with a value in every row: text, as a function of the row, or float32.
struct OutputColumn {
  std::string name;
  std::variant<std::function<std::string_view(std::int64_t row)>, std::span<const float>> values;
};

/// Writes a Parquet file of n_rows rows, streaming: memory for one row group. One thread, the caller's. Throws
/// InputError naming the file if it cannot be written, or if there is no DuckDB.
void write_table(const std::filesystem::path& path, const std::vector<OutputColumn>& columns, std::int64_t n_rows);

}  // namespace sctab::parquet
