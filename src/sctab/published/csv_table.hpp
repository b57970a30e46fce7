#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sctab::published {

/// A csv with a header, as pandas writes it: fields with commas in quotes (RFC 4180), UTF-8.
struct CsvTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // as many fields each as the header
};

/// Throws InputError naming file and line where it cannot be read, is no UTF-8, is Parquet, or a row has another number
/// of fields.
CsvTable read_csv(const std::filesystem::path& path);

/// Throws InputError where the file is Parquet, by its content, and says what to do.
void require_no_parquet(const std::filesystem::path& path);

}  // namespace sctab::published
