#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sctab::parquet {

/// A column to write, with a value in every row: text, as a function of the row, or float32.
struct OutputColumn {
  std::string name;
  std::variant<std::function<std::string_view(std::int64_t row)>, std::span<const float>> values;
};

/// Writes a Parquet file of n_rows rows, streaming: memory for one row group. One thread, the caller's. Throws
/// InputError naming the file if it cannot be written, or if this build has no DuckDB.
void write_table(const std::filesystem::path& path, const std::vector<OutputColumn>& columns, std::int64_t n_rows);

}  // namespace sctab::parquet
