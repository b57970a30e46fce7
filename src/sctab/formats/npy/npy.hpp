#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "sctab/formats/number_type.hpp"

namespace sctab::npy {

/// Reads an array of numbers in NumPy's format, as numpy.save() writes it, row by row. There is no pickle: an array of
/// Python objects is refused.
class Reader {
 public:
  /// Throws InputError naming the file if it is not a NumPy file, is damaged or cut short, has numbers of another kind
  /// than float32, float64, int8 to int64, uint8 and bool, or is stored column by column.
  explicit Reader(std::filesystem::path path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::vector<std::int64_t>& shape() const { return shape_; }
  /// "5000 × 19331".
  [[nodiscard]] std::string shape_text() const;
  /// The next out.size() numbers, rows one after another. Throws InputError if there are fewer.
  void read(std::span<double> out);

 private:
  void read_header();
  [[noreturn]] void refuse(std::string found) const;

  std::filesystem::path path_;
  std::ifstream file_;
  std::vector<std::int64_t> shape_;
  formats::NumberType type_ = formats::NumberType::kF32;
  std::vector<std::byte> bytes_;
};

/// Writes a float32 matrix row by row: numpy.load(path, mmap_mode="r") opens it at any size.
class Writer {
 public:
  /// All functions throw InputError naming the file if it cannot be written.
  Writer(std::filesystem::path path, std::int64_t n_rows, std::int64_t n_columns);
  void append(std::span<const float> values);
  /// Throws std::logic_error if fewer or more values than announced were written.
  void close();

 private:
  void require_written() const;

  std::filesystem::path path_;
  std::ofstream file_;
  std::int64_t n_missing_;  // values
};

}  // namespace sctab::npy
