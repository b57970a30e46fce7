#include "sctab/formats/number_type.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace sctab::formats {
namespace {

static_assert(std::endian::native == std::endian::little, "the files are little-endian, and so is this code");

/// The bits of a float16.
struct Half {
  std::uint16_t bits;
  explicit operator double() const {
    const int exponent = bits >> 10 & 0x1F, fraction = bits & 0x3FF;
    double value = std::ldexp(exponent == 0 ? fraction : fraction | 0x400, std::max(exponent, 1) - 25);
    if (exponent == 0x1F) value = fraction == 0 ? std::numeric_limits<double>::infinity() : std::nan("");
    return (bits & 0x8000) != 0 ? -value : value;
  }
};

/// The bits of a bfloat16: the upper half of a float's.
struct BrainFloat {
  std::uint16_t bits;
  explicit operator double() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }
};

template <typename T>
void convert(const std::byte* from, std::span<double> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    T value{};
    std::memcpy(&value, from + i * sizeof(T), sizeof(T));
    out[i] = static_cast<double>(value);
  }
}

struct Description {
  std::string_view name;
  std::size_t width;
  void (*to_doubles)(const std::byte* from, std::span<double> out);
};
constexpr std::array<Description, kNumberTypes.size()> kDescriptions = {{{"F64", 8, convert<double>},
                                                                         {"F32", 4, convert<float>},
                                                                         {"F16", 2, convert<Half>},
                                                                         {"BF16", 2, convert<BrainFloat>},
                                                                         {"I64", 8, convert<std::int64_t>},
                                                                         {"I32", 4, convert<std::int32_t>},
                                                                         {"I16", 2, convert<std::int16_t>},
                                                                         {"I8", 1, convert<std::int8_t>},
                                                                         {"U8", 1, convert<std::uint8_t>},
                                                                         {"BOOL", 1, convert<std::uint8_t>}}};

const Description& description(NumberType type) {
  return kDescriptions.at(static_cast<std::size_t>(type));
}

}  // namespace

std::string_view name(NumberType type) {
  return description(type).name;
}

std::size_t width(NumberType type) {
  return description(type).width;
}

void to_doubles(NumberType type, const std::byte* from, std::span<double> out) {
  description(type).to_doubles(from, out);
}

}  // namespace sctab::formats
