#include "sctab/formats/zarr/stored_arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/formats/arrays/next_steps.hpp"
#include "sctab/formats/arrays/piece_cache.hpp"

namespace sctab::zarr {
namespace {

using arrays::Block;
using arrays::Number;

void require_form(const StoredArray& array, bool is_right, std::string_view expected) {
  if (is_right) return;
  core::Problem problem = array.storage->place(array.path);
  problem.found = fmt::format("does not hold {}: its type is {}, in {} dimensions", expected, array.header.element.name,
                              array.header.shape.size());
  problem.next_step = arrays::kWriteAgain;
  throw core::InputError(std::move(problem));
}

class ZarrNumbers final : public arrays::NumberArray {
 public:
  explicit ZarrNumbers(StoredArray array)
      : chunks_(std::move(array)),
        size_(chunks_.header().shape[0]),
        chunk_(chunks_.header().chunk_shape[0]),
        element_bytes_(chunks_.header().element.memory_bytes()) {}

  [[nodiscard]] std::int64_t size() const override { return size_; }
  [[nodiscard]] Number number() const override { return chunks_.header().element.number; }
  void read(std::int64_t begin, std::span<float> out) override { read_to(begin, out); }
  void read(std::int64_t begin, std::span<double> out) override { read_to(begin, out); }
  void read(std::int64_t begin, std::span<std::int32_t> out) override { read_to(begin, out); }
  void read(std::int64_t begin, std::span<std::int64_t> out) override { read_to(begin, out); }

 private:
  template <typename To>
  void read_to(std::int64_t begin, std::span<To> out) {
    SCTAB_ASSERT(begin >= 0 && begin + static_cast<std::int64_t>(out.size()) <= size_);
    ChunkReader::Borrowed scratch(chunks_);
    arrays::visit_number(number(), [&](auto kind) { read_as<decltype(kind)>(begin, out, *scratch); });
  }

  template <typename From, typename To>
  void read_as(std::int64_t begin, std::span<To> out, ChunkReader::Scratch& scratch) {
    const auto count = static_cast<std::int64_t>(out.size());
    for (std::int64_t done = 0; done < count;) {
      const std::int64_t number = (begin + done) / chunk_;
      const std::int64_t first = begin + done - number * chunk_;
      const std::int64_t n = std::min(count - done, chunk_ - first);
      const std::span<To> to = out.subspan(static_cast<std::size_t>(done), static_cast<std::size_t>(n));
      done += n;
      if constexpr (std::is_same_v<From, To>) {
        const std::span<std::byte> bytes = std::as_writable_bytes(to);
        if (n == chunk_) {
          chunks_.read_numbers(std::array{number}, bytes, scratch);
          continue;
        }
        if (chunks_.read_some(std::array{number}, first, bytes)) continue;
      }
      convert<From>(piece(number, first, n, scratch), to);
    }
  }

  /// Elements [first, first + n) of a chunk. A chunk of which others will ask for the rest is kept.
  std::span<const std::byte> piece(std::int64_t number, std::int64_t first, std::int64_t n,
                                   ChunkReader::Scratch& scratch) {
    const std::size_t chunk_bytes = static_cast<std::size_t>(chunk_) * element_bytes_;
    const auto part = [&](std::span<const std::byte> whole) {
      return whole.subspan(static_cast<std::size_t>(first) * element_bytes_,
                           static_cast<std::size_t>(n) * element_bytes_);
    };
    if (n == std::min(chunk_, size_ - number * chunk_)) {
      scratch.whole.resize(chunk_bytes);
      chunks_.read_numbers(std::array{number}, scratch.whole, scratch);
      return part(scratch.whole);
    }
    scratch.shared = pieces_.get(number, [&](Bytes& made) {
      made.resize(chunk_bytes);
      chunks_.read_numbers(std::array{number}, made, scratch);
    });
    return part(*scratch.shared);
  }

  template <typename From, typename To>
  static void convert(std::span<const std::byte> bytes, std::span<To> out) {
    if constexpr (std::is_same_v<From, To>) {
      std::ranges::copy(bytes, std::as_writable_bytes(out).begin());
    } else {
      for (std::size_t i = 0; i < out.size(); ++i) {
        From value;
        std::memcpy(&value, &bytes[i * sizeof(From)], sizeof(From));
        out[i] = arrays::convert_number<To>(value);
      }
    }
  }

  ChunkReader chunks_;
  std::int64_t size_, chunk_;
  std::size_t element_bytes_;
  arrays::PieceCache pieces_;
};

class ZarrMatrix final : public arrays::NumberMatrix {
 public:
  explicit ZarrMatrix(StoredArray array) : chunks_(std::move(array)), size_(header().element.memory_bytes()) {}

  [[nodiscard]] std::int64_t n_rows() const override { return header().shape[0]; }
  [[nodiscard]] std::int64_t n_columns() const override { return header().shape[1]; }
  [[nodiscard]] Number number() const override { return header().element.number; }
  [[nodiscard]] std::int64_t chunk_rows() const override { return header().chunk_shape[0]; }
  [[nodiscard]] std::int64_t chunk_columns() const override { return header().chunk_shape[1]; }

  void read(const Block& block, std::span<std::byte> out) override {
    SCTAB_ASSERT(block.row >= 0 && block.n_rows >= 0 && block.row + block.n_rows <= n_rows());
    SCTAB_ASSERT(block.column >= 0 && block.n_columns >= 0 && block.column + block.n_columns <= n_columns());
    SCTAB_ASSERT(out.size() == static_cast<std::size_t>(block.n_rows * block.n_columns) * size_);
    if (out.empty()) return;
    ChunkReader::Borrowed scratch(chunks_);
    const std::int64_t last_row = (block.row + block.n_rows - 1) / chunk_rows();
    const std::int64_t last_column = (block.column + block.n_columns - 1) / chunk_columns();
    for (std::int64_t row = block.row / chunk_rows(); row <= last_row; ++row) {
      for (std::int64_t column = block.column / chunk_columns(); column <= last_column; ++column) {
        read_chunk(row, column, block, out, *scratch);
      }
    }
  }

 private:
  [[nodiscard]] const ArrayHeader& header() const { return chunks_.header(); }

  /// The part of the block that lies in one chunk.
  void read_chunk(std::int64_t row, std::int64_t column, const Block& block, std::span<std::byte> out,
                  ChunkReader::Scratch& scratch) {
    const Block chunk{.row = row * chunk_rows(),
                      .n_rows = std::min(chunk_rows(), n_rows() - row * chunk_rows()),
                      .column = column * chunk_columns(),
                      .n_columns = std::min(chunk_columns(), n_columns() - column * chunk_columns())};
    const Block part = common(chunk, block);
    const bool is_whole = part.n_rows == chunk.n_rows && part.n_columns == chunk.n_columns;
    const std::size_t chunk_bytes = static_cast<std::size_t>(header().chunk_elements()) * size_;
    const auto at = [&](std::int64_t r, std::int64_t c, std::int64_t width) {
      return static_cast<std::size_t>(r * width + c) * size_;
    };
    const std::size_t begin = at(part.row - block.row, part.column - block.column, block.n_columns);
    if (is_whole && part.n_rows == chunk_rows() && part.n_columns == chunk_columns() &&
        part.n_columns == block.n_columns) {
      return chunks_.read_numbers(std::array{row, column}, out.subspan(begin, chunk_bytes), scratch);
    }
    std::span<const std::byte> from;
    if (is_whole) {
      scratch.whole.resize(chunk_bytes);
      chunks_.read_numbers(std::array{row, column}, scratch.whole, scratch);
      from = scratch.whole;
    } else {
      const std::int64_t number = row * ((n_columns() - 1) / chunk_columns() + 1) + column;
      scratch.shared = pieces_.get(number, [&](Bytes& made) {
        made.resize(chunk_bytes);
        chunks_.read_numbers(std::array{row, column}, made, scratch);
      });
      from = *scratch.shared;
    }
    const std::size_t n_bytes = static_cast<std::size_t>(part.n_columns) * size_;
    for (std::int64_t i = 0; i < part.n_rows; ++i) {
      const std::size_t source = at(part.row - chunk.row + i, part.column - chunk.column, chunk_columns());
      std::ranges::copy(from.subspan(source, n_bytes), out.subspan(begin + at(i, 0, block.n_columns)).begin());
    }
  }

  static Block common(const Block& a, const Block& b) {
    Block both{.row = std::max(a.row, b.row), .column = std::max(a.column, b.column)};
    both.n_rows = std::min(a.row + a.n_rows, b.row + b.n_rows) - both.row;
    both.n_columns = std::min(a.column + a.n_columns, b.column + b.n_columns) - both.column;
    return both;
  }

  ChunkReader chunks_;
  std::size_t size_;
  arrays::PieceCache pieces_;
};

}  // namespace

std::unique_ptr<arrays::NumberArray> open_numbers(StoredArray array) {
  const auto info = array.header.info();
  require_form(array, info.is_numeric() && info.shape.size() == 1, "a single column of numbers");
  return std::make_unique<ZarrNumbers>(std::move(array));
}

std::unique_ptr<arrays::NumberMatrix> open_matrix(StoredArray array) {
  const auto info = array.header.info();
  require_form(array, info.is_numeric() && info.shape.size() == 2, "a matrix of numbers");
  return std::make_unique<ZarrMatrix>(std::move(array));
}

}  // namespace sctab::zarr
