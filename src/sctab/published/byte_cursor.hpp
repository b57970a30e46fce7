#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace sctab::published {

/// Walks over bytes from the front, little-endian, never past their end.
class ByteCursor {
 public:
  /// what: names the bytes in messages, "x.ckpt: data.pkl". The bytes must outlive this.
  ByteCursor(std::span<const std::byte> bytes, std::string what) : bytes_(bytes), what_(std::move(what)) {}

  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] const std::string& what() const { return what_; }

  /// The next n bytes. Throws InputError where there are fewer.
  std::span<const std::byte> take(std::uint64_t n);
  std::string_view text(std::uint64_t n);
  /// Up to the next line end, which is taken too.
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
  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
  std::string what_;
};

}  // namespace sctab::published
