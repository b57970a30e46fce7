#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sctab::published {

/// A csv with a header, as pandas writes it: fields with commas in quotes (RFC 4180), UTF-8. Or the same from Parquet.
struct CsvTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // as many fields each as the header
};

/// A file that is Parquet, by its content or its name, is read as that. Throws InputError naming file and line where it
/// cannot be read, is no UTF-8, or a row has another number of fields.
CsvTable read_table(const std::filesystem::path& path);

}  // namespace sctab::published
