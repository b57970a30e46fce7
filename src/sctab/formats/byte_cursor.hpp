#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sctab/core/error.hpp"

namespace sctab::formats {

/// Walks over bytes from the front, little-endian, never past their end.
class ByteCursor {
 public:
  /// place: the file, and the part of it, that the bytes are; what to do where they are damaged. The bytes must outlive
  /// this.
  ByteCursor(std::span<const std::byte> bytes, core::Problem place) : bytes_(bytes), place_(std::move(place)) {}

  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] const core::Problem& place() const { return place_; }

  /// The next n bytes. Throws InputError if there are fewer.
  std::span<const std::byte> take(std::uint64_t n);
  std::string_view text(std::uint64_t n);
  /// Up to the next line end, which is taken too. Throws InputError if there is none.
  std::string_view line();

  template <typename T>
  T number() {
    static_assert(std::is_unsigned_v<T>);
    T value = 0;
    const auto bytes = take(sizeof(T));
    for (std::size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(static_cast<T>(bytes[i]) << (8 * i));
    return value;
  }

 private:
  [[noreturn]] void refuse(std::string found) const;

  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
  core::Problem place_;
};

}  // namespace sctab::formats
