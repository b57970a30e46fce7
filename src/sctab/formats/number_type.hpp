#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sctab::formats {

/// The types of number in files of arrays, the first of each width first.
enum class NumberType : std::uint8_t { kF64, kF32, kF16, kBF16, kI64, kI32, kI16, kI8, kU8, kBool };
inline constexpr std::array kNumberTypes = {NumberType::kF64, NumberType::kF32, NumberType::kF16, NumberType::kBF16,
                                            NumberType::kI64, NumberType::kI32, NumberType::kI16, NumberType::kI8,
                                            NumberType::kU8,  NumberType::kBool};

/// "F64", "F32", …, as .safetensors files name them.
std::string_view name(NumberType type);
/// Bytes of one number.
std::size_t width(NumberType type);
/// Converts out.size() numbers; whole ones are exact up to 2^53. from: as many of `type`, aligned or not.
void to_doubles(NumberType type, const std::byte* from, std::span<double> out);
inline bool is_floating(NumberType type) {
  return type <= NumberType::kBF16;
}

}  // namespace sctab::formats
