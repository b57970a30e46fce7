#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "sctab/formats/arrays/array_group.hpp"

namespace sctab::arrays {

/// The bytes of numbers.
template <typename T>
std::vector<std::byte> bytes_of(std::span<const T> numbers) {
  std::vector<std::byte> bytes(numbers.size_bytes());
  if (!bytes.empty()) std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

/// Numbers in memory.
class MemoryArray final : public NumberArray {
 public:
  /// bytes: of whole numbers.
  MemoryArray(Number number, std::vector<std::byte> bytes);
  template <typename T>
  explicit MemoryArray(const std::vector<T>& numbers) : MemoryArray(number_of<T>(), bytes_of(std::span(numbers))) {}

  [[nodiscard]] std::int64_t size() const override;
  [[nodiscard]] Number number() const override { return number_; }
  void read(std::int64_t begin, std::span<float> out) override;
  void read(std::int64_t begin, std::span<double> out) override;
  void read(std::int64_t begin, std::span<std::int32_t> out) override;
  void read(std::int64_t begin, std::span<std::int64_t> out) override;

 private:
  template <typename To>
  void convert(std::int64_t begin, std::span<To> out) const;

  Number number_;
  std::vector<std::byte> bytes_;
};

/// A matrix in memory, row by row.
class MemoryMatrix final : public NumberMatrix {
 public:
  struct Shape {
    std::int64_t n_rows = 0, n_columns = 0;
    std::int64_t chunk_rows = 1, chunk_columns = 1;  // that it says it has
  };
  /// bytes: n_rows × n_columns numbers.
  MemoryMatrix(Shape shape, Number number, std::vector<std::byte> bytes);
  template <typename T>
  MemoryMatrix(Shape shape, const std::vector<T>& numbers)
      : MemoryMatrix(shape, number_of<T>(), bytes_of(std::span(numbers))) {}

  [[nodiscard]] std::int64_t n_rows() const override { return shape_.n_rows; }
  [[nodiscard]] std::int64_t n_columns() const override { return shape_.n_columns; }
  [[nodiscard]] Number number() const override { return number_; }
  [[nodiscard]] std::int64_t chunk_rows() const override { return shape_.chunk_rows; }
  [[nodiscard]] std::int64_t chunk_columns() const override { return shape_.chunk_columns; }
  void read(const Block& block, std::span<std::byte> out) override;

 private:
  Shape shape_;
  Number number_;
  std::vector<std::byte> bytes_;
};

}  // namespace sctab::arrays
