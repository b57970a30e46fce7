#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

namespace sctab::arrays {

/// How numbers lie in memory once read. Booleans are kInt8; half floats are read as kFloat32.
enum class Number { kInt8, kUint8, kInt16, kUint16, kInt32, kUint32, kInt64, kUint64, kFloat32, kFloat64 };

/// Calls f(T{}) with the C++ type of `number`.
template <typename F>
decltype(auto) visit_number(Number number, F&& f) {
  switch (number) {
    case Number::kInt8:
      return f(std::int8_t{});
    case Number::kUint8:
      return f(std::uint8_t{});
    case Number::kInt16:
      return f(std::int16_t{});
    case Number::kUint16:
      return f(std::uint16_t{});
    case Number::kInt32:
      return f(std::int32_t{});
    case Number::kUint32:
      return f(std::uint32_t{});
    case Number::kInt64:
      return f(std::int64_t{});
    case Number::kUint64:
      return f(std::uint64_t{});
    case Number::kFloat32:
      return f(float{});
    case Number::kFloat64:
      break;
  }
  return f(double{});
}

/// Bytes that a number takes in memory.
inline std::size_t size_of(Number number) {
  return visit_number(number, [](auto value) { return sizeof(value); });
}

/// The Number of a C++ type.
template <typename T>
constexpr Number number_of() {
  if constexpr (std::is_floating_point_v<T>) {
    return sizeof(T) == sizeof(float) ? Number::kFloat32 : Number::kFloat64;
  } else {
    constexpr bool kSigned = std::is_signed_v<T>;
    if (sizeof(T) == 1) return kSigned ? Number::kInt8 : Number::kUint8;
    if (sizeof(T) == 2) return kSigned ? Number::kInt16 : Number::kUint16;
    if (sizeof(T) == 4) return kSigned ? Number::kInt32 : Number::kUint32;
    return kSigned ? Number::kInt64 : Number::kUint64;
  }
}

/// To a float as C++ does; to a signed integer exactly, or -1 where it is not one or does not fit: none of what we
/// read as integers (offsets, columns, codes, flags) may be negative but for -1 itself, "missing".
template <typename To, typename From>
To convert_number(From value) {
  if constexpr (std::is_floating_point_v<To>) {
    return static_cast<To>(value);
  } else if constexpr (std::is_floating_point_v<From>) {
    constexpr To kHalfOfEnd = std::numeric_limits<To>::max() / 2 + 1;  // a power of two: exact as a float
    constexpr From kEnd = static_cast<From>(kHalfOfEnd) * From{2};
    if (!(value >= 0 && value < kEnd)) return To{-1};
    const To whole = static_cast<To>(value);
    return static_cast<From>(whole) == value ? whole : To{-1};
  } else {
    return std::in_range<To>(value) ? static_cast<To>(value) : To{-1};
  }
}

}  // namespace sctab::arrays
