#include "sctab/formats/arrays/memory_array.hpp"

#include <cstring>

#include "sctab/core/error.hpp"

namespace sctab::arrays {

MemoryArray::MemoryArray(Number number, std::vector<std::byte> bytes) : number_(number), bytes_(std::move(bytes)) {
  SCTAB_ASSERT(bytes_.size() % size_of(number) == 0);
}

std::int64_t MemoryArray::size() const {
  return static_cast<std::int64_t>(bytes_.size() / size_of(number_));
}

template <typename To>
void MemoryArray::convert(std::int64_t begin, std::span<To> out) const {
  SCTAB_ASSERT(begin >= 0 && begin <= size() && std::ssize(out) <= size() - begin);
  visit_number(number_, [&](auto value) {
    const std::byte* from = bytes_.data() + static_cast<std::size_t>(begin) * sizeof(value);
    for (To& to : out) {
      std::memcpy(&value, from, sizeof(value));
      to = convert_number<To>(value);
      from += sizeof(value);
    }
  });
}

void MemoryArray::read(std::int64_t begin, std::span<float> out) {
  convert(begin, out);
}

void MemoryArray::read(std::int64_t begin, std::span<double> out) {
  convert(begin, out);
}

void MemoryArray::read(std::int64_t begin, std::span<std::int32_t> out) {
  convert(begin, out);
}

void MemoryArray::read(std::int64_t begin, std::span<std::int64_t> out) {
  convert(begin, out);
}

MemoryMatrix::MemoryMatrix(Shape shape, Number number, std::vector<std::byte> bytes)
    : shape_(shape), number_(number), bytes_(std::move(bytes)) {
  SCTAB_ASSERT(bytes_.size() == static_cast<std::size_t>(shape.n_rows * shape.n_columns) * size_of(number));
}

void MemoryMatrix::read(const Block& block, std::span<std::byte> out) {
  SCTAB_ASSERT(block.row >= 0 && block.n_rows >= 0 && block.row + block.n_rows <= shape_.n_rows);
  SCTAB_ASSERT(block.column >= 0 && block.n_columns >= 0 && block.column + block.n_columns <= shape_.n_columns);
  const std::size_t size = size_of(number_), row_bytes = static_cast<std::size_t>(block.n_columns) * size;
  SCTAB_ASSERT(out.size() == static_cast<std::size_t>(block.n_rows) * row_bytes);
  if (out.empty()) return;
  for (std::int64_t row = 0; row < block.n_rows; ++row) {
    const std::int64_t first = (block.row + row) * shape_.n_columns + block.column;
    std::memcpy(out.data() + static_cast<std::size_t>(row) * row_bytes,
                bytes_.data() + static_cast<std::size_t>(first) * size, row_bytes);
  }
}

}  // namespace sctab::arrays
