#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace sctab::codecs {

/// The number at the front of the bytes, which hold it whole.
template <typename T>
T number_at(std::span<const std::byte> bytes, std::endian order) {
  static_assert(std::is_unsigned_v<T>);
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    const std::size_t place = order == std::endian::little ? i : sizeof(T) - 1 - i;
    value |= static_cast<T>(static_cast<T>(bytes[i]) << (8 * place));
  }
  return value;
}

/// Takes numbers and runs of bytes off the front of bytes that came from anywhere.
class Stream {
 public:
  explicit Stream(std::span<const std::byte> bytes) : rest_(bytes) {}

  [[nodiscard]] std::span<const std::byte> rest() const { return rest_; }
  [[nodiscard]] bool has(std::uint64_t n) const { return n <= rest_.size(); }

  /// False, and nothing taken, where there are fewer bytes.
  template <typename T>
  bool take(T& number, std::endian order) {
    if (!has(sizeof(T))) return false;
    number = number_at<T>(rest_, order);
    rest_ = rest_.subspan(sizeof(T));
    return true;
  }
  bool take(std::span<const std::byte>& bytes, std::uint64_t n) {
    if (!has(n)) return false;
    bytes = rest_.first(n);
    rest_ = rest_.subspan(n);
    return true;
  }

 private:
  std::span<const std::byte> rest_;
};

}  // namespace sctab::codecs
