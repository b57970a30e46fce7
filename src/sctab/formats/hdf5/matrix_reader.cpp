#include "sctab/formats/hdf5/matrix_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"

namespace sctab::hdf5 {
namespace {

Handle require_matrix(Handle dataset) {
  const auto kind = element_type(dataset.id()).kind;
  const bool numbers = kind == ElementType::Kind::kNumber || kind == ElementType::Kind::kBoolean;
  if (!numbers || dimensions(dataset.id()).size() != 2) {
    throw error_at(dataset.id(), {.found = "does not hold rows and columns of numbers", .next_step = kWriteAgain});
  }
  check_plausible_size(dataset.id());
  return dataset;
}

/// The part of a block that lies in another; both overlap.
arrays::Block overlap(const arrays::Block& a, const arrays::Block& b) {
  arrays::Block both{.row = std::max(a.row, b.row), .column = std::max(a.column, b.column)};
  both.n_rows = std::min(a.row + a.n_rows, b.row + b.n_rows) - both.row;
  both.n_columns = std::min(a.column + a.n_columns, b.column + b.n_columns) - both.column;
  return both;
}

std::size_t n_values(const arrays::Block& block) {
  return static_cast<std::size_t>(block.n_rows) * static_cast<std::size_t>(block.n_columns);
}

}  // namespace

MatrixReader::MatrixReader(Handle dataset)
    : dataset_(require_matrix(std::move(dataset))),
      type_(element_type(dataset_.id())),
      n_rows_(dimensions(dataset_.id())[0]),
      n_columns_(dimensions(dataset_.id())[1]),
      stored_size_(stored_size(type_)),
      decoder_(dataset_.id(), stored_size_),
      file_(dataset_.id()) {
  const bool is_chunked = !decoder_.extent().empty();
  decodes_ = is_chunked && decoder_.knows_filters();
  if (is_chunked) {
    chunk_rows_ = static_cast<std::int64_t>(decoder_.extent()[0]);
    chunk_columns_ = static_cast<std::int64_t>(decoder_.extent()[1]);
  }
  const haddr_t address = H5Dget_offset(dataset_.id());
  const bool one_stretch = !is_chunked && address != HADDR_UNDEF;
  if (one_stretch && type_.stored_as_is && file_.can_read()) address_ = address;
}

void MatrixReader::read(const arrays::Block& block, std::span<std::byte> out) {
  SCTAB_ASSERT(block.row >= 0 && block.n_rows >= 0 && block.row + block.n_rows <= n_rows_);
  SCTAB_ASSERT(block.column >= 0 && block.n_columns >= 0 && block.column + block.n_columns <= n_columns_);
  SCTAB_ASSERT(out.size() == n_values(block) * type_.size);
  if (out.empty()) return;
  if (address_ != 0) return read_past_hdf5(block, out);
  if (!decodes_ || !read_chunks(block, out)) read_through_hdf5(block, out);
}

bool MatrixReader::read_chunks(const arrays::Block& block, std::span<std::byte> out) {
  Scratch scratch;
  const std::int64_t first_row = block.row / chunk_rows_ * chunk_rows_;
  const std::int64_t first_column = block.column / chunk_columns_ * chunk_columns_;
  for (std::int64_t row = first_row; row < block.row + block.n_rows; row += chunk_rows_) {
    for (std::int64_t column = first_column; column < block.column + block.n_columns; column += chunk_columns_) {
      if (!read_chunk({row, chunk_rows_, column, chunk_columns_}, block, out, scratch)) return false;
    }
  }
  return true;
}

bool MatrixReader::read_chunk(const arrays::Block& chunk, const arrays::Block& block, std::span<std::byte> out,
                              Scratch& scratch) {
  const std::size_t n_bytes = static_cast<std::size_t>(decoder_.chunk_elements()) * type_.size;
  const arrays::Block wanted = overlap(block, chunk);
  const arrays::Block held = overlap({.n_rows = n_rows_, .n_columns = n_columns_}, chunk);
  std::shared_ptr<const arrays::PieceCache::Bytes> shared;
  if (n_values(wanted) < n_values(held)) {  // the next call may want the rest
    const std::int64_t chunks_across = (n_columns_ + chunk_columns_ - 1) / chunk_columns_;
    const std::int64_t number = chunk.row / chunk_rows_ * chunks_across + chunk.column / chunk_columns_;
    shared = pieces_.get(number, [&](arrays::PieceCache::Bytes& bytes) {
      bytes.resize(n_bytes);
      if (!decode(chunk, bytes, scratch)) bytes.clear();
    });
    if (shared->empty()) return false;
  } else {
    scratch.chunk.resize(n_bytes);
    if (!decode(chunk, scratch.chunk, scratch)) return false;
  }
  const std::byte* const from = shared ? shared->data() : scratch.chunk.data();
  const auto bytes_of = [this](std::int64_t n) { return static_cast<std::size_t>(n) * type_.size; };
  for (std::int64_t row = wanted.row; row < wanted.row + wanted.n_rows; ++row) {
    const std::int64_t in_block = (row - block.row) * block.n_columns + wanted.column - block.column;
    const std::int64_t in_chunk = (row - chunk.row) * chunk_columns_ + wanted.column - chunk.column;
    std::memcpy(out.data() + bytes_of(in_block), from + bytes_of(in_chunk), bytes_of(wanted.n_columns));
  }
  return true;
}

bool MatrixReader::decode(const arrays::Block& chunk, std::span<std::byte> numbers, Scratch& scratch) const {
  const std::array begin{static_cast<hsize_t>(chunk.row), static_cast<hsize_t>(chunk.column)};
  if (type_.stored_as_is) return decoder_.decode(begin, numbers, scratch.decoder);
  const auto n = static_cast<std::size_t>(decoder_.chunk_elements());
  scratch.as_stored.resize(n * std::max(type_.size, stored_size_));
  const std::span<std::byte> stored(scratch.as_stored);
  if (!decoder_.decode(begin, stored.first(n * stored_size_), scratch.decoder)) return false;
  convert_stored(dataset_.id(), type_, n, stored);
  std::ranges::copy(stored.first(numbers.size()), numbers.begin());
  return true;
}

void MatrixReader::read_through_hdf5(const arrays::Block& block, std::span<std::byte> out) const {
  const Lock lock;
  const hid_t id = dataset_.id();
  const std::array offset{static_cast<hsize_t>(block.row), static_cast<hsize_t>(block.column)};
  const std::array count{static_cast<hsize_t>(block.n_rows), static_cast<hsize_t>(block.n_columns)};
  const Handle from = owned(H5Dget_space(id), id, "its size is damaged");
  (void)H5Sselect_hyperslab(from.id(), H5S_SELECT_SET, offset.data(), nullptr, count.data(), nullptr);
  const Handle to(H5Screate_simple(2, count.data(), nullptr));
  checked(H5Dread(id, type_.in_memory.id(), to.id(), from.id(), H5P_DEFAULT, out.data()), id,
          fmt::format("rows from {} on cannot be read", block.row));
}

void MatrixReader::read_past_hdf5(const arrays::Block& block, std::span<std::byte> out) const {
  const auto place = [&](std::int64_t row) {
    return address_ + static_cast<std::uint64_t>(row * n_columns_ + block.column) * type_.size;
  };
  bool is_read = true;
  if (block.n_columns == n_columns_) {
    is_read = file_.read(place(block.row), out);
  } else {
    const std::size_t n_bytes = static_cast<std::size_t>(block.n_columns) * type_.size;
    for (std::int64_t i = 0; i < block.n_rows && is_read; ++i) {
      is_read = file_.read(place(block.row + i), out.subspan(static_cast<std::size_t>(i) * n_bytes, n_bytes));
    }
  }
  if (is_read) return;
  const Lock lock;
  throw error_at(dataset_.id(), {.found = fmt::format("rows from {} on cannot be read: the file is cut off", block.row),
                                 .next_step = kCopyAgain});
}

}  // namespace sctab::hdf5
