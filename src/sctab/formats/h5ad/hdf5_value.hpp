#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sctab/formats/dataframe.hpp"
#include "sctab/formats/h5ad/hdf5_handle.hpp"

namespace sctab::h5ad {

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

/// What a dataset holds, one element.
struct ElementType {
  enum class Kind { kNumber, kBoolean, kText, kOther } kind = Kind::kOther;
  Number number = Number::kFloat64;  // of kNumber and kBoolean
  std::size_t size = 0;              // bytes of one number in memory
  Handle in_memory;                  // HDF5's type to read by
  Handle in_file;                    // of a dataset: the type that it is stored in
  bool stored_as_is = false;         // the file holds the very bytes that reading gives
};
ElementType element_type(hid_t dataset);

/// Bytes of an element as a dataset stores it.
std::size_t stored_size(const ElementType& type);
/// Turns n elements of a dataset as stored into numbers in memory, where they lie; `bytes` has room for whichever is
/// larger.
void convert_stored(hid_t dataset, const ElementType& type, std::size_t n, std::span<std::byte> bytes);

/// Empty for a scalar.
std::vector<std::int64_t> dimensions(hid_t dataset);

/// Throws where a dataset declares far more elements than its stored bytes can hold (a damaged header), before anyone
/// allocates memory for them.
void check_plausible_size(hid_t dataset);

bool has_attribute(hid_t object, const char* name);
/// Empty where there is none, or none that is text.
std::string text_attribute(hid_t object, const char* name);
formats::Strings texts_attribute(hid_t object, const char* name);
std::optional<bool> boolean_attribute(hid_t object, const char* name);
std::vector<std::int64_t> integers_attribute(hid_t object, const char* name);

}  // namespace sctab::h5ad
