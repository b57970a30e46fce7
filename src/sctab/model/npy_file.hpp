#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>

namespace sctab::model {

/// A float32 matrix in NumPy's format, row by row: numpy.load(path, mmap_mode="r") opens it whatever its size.
class NpyFile {
 public:
  /// Throws InputError naming the file where it cannot be written, here and below.
  NpyFile(std::filesystem::path path, std::int64_t n_rows, std::int64_t n_columns);
  void append(std::span<const float> values);
  /// Throws std::logic_error where the rows announced were not written.
  void close();

 private:
  std::filesystem::path path_;
  std::ofstream file_;
  std::int64_t missing_;  // values
};

}  // namespace sctab::model
