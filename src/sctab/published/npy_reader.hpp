#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

namespace sctab::published {

/// An array of numbers in NumPy's format, as numpy.save() writes it, read row by row. No pickle: an array of Python
/// objects is refused.
class NpyReader {
 public:
  /// Throws InputError naming the file where it is none, is damaged or cut short, holds numbers of a kind that is not
  /// read (float32, float64, int8 to int64, uint8 and bool are), or lies column by column.
  explicit NpyReader(std::filesystem::path path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::vector<std::int64_t>& shape() const { return shape_; }
  /// "5000 × 19331".
  [[nodiscard]] std::string shape_text() const;
  /// The next out.size() numbers, rows one after another. Throws InputError where there are fewer.
  void read(std::span<double> out);

 private:
  void read_header();
  [[noreturn]] void refuse(const std::string& what) const;

  std::filesystem::path path_;
  std::ifstream file_;
  std::vector<std::int64_t> shape_;
  std::string type_;  // NumPy's, "<f4"
  std::vector<std::byte> bytes_;
};

}  // namespace sctab::published
