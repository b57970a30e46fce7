#include "sctab/formats/zarr/element.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "sctab/core/numbers.hpp"

namespace sctab::zarr {
namespace {

using arrays::Number;
using Form = Element::Form;

constexpr std::size_t kMostBytesOfElement = 1 << 20;

struct NamedNumber {
  std::string_view name;
  char letter;  // of a typestr
  std::size_t bytes;
  Form form;
  Number number;
};

constexpr std::array kNumbers = {
    NamedNumber{"bool", 'b', 1, Form::kBoolean, Number::kInt8},
    NamedNumber{"int8", 'i', 1, Form::kNumber, Number::kInt8},
    NamedNumber{"int16", 'i', 2, Form::kNumber, Number::kInt16},
    NamedNumber{"int32", 'i', 4, Form::kNumber, Number::kInt32},
    NamedNumber{"int64", 'i', 8, Form::kNumber, Number::kInt64},
    NamedNumber{"uint8", 'u', 1, Form::kNumber, Number::kUint8},
    NamedNumber{"uint16", 'u', 2, Form::kNumber, Number::kUint16},
    NamedNumber{"uint32", 'u', 4, Form::kNumber, Number::kUint32},
    NamedNumber{"uint64", 'u', 8, Form::kNumber, Number::kUint64},
    NamedNumber{"float16", 'f', 2, Form::kHalf, Number::kFloat32},
    NamedNumber{"float32", 'f', 4, Form::kNumber, Number::kFloat32},
    NamedNumber{"float64", 'f', 8, Form::kNumber, Number::kFloat64},
};

void set_number(Element& element, const NamedNumber& number) {
  element.form = number.form;
  element.number = number.number;
  element.stored_bytes = number.bytes;
}

float from_half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  float size = 0;
  if (exponent == 31) {
    size = fraction == 0 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    size = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    size = std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -size : size;
}

/// The unsigned integer at the front, in the order of bytes.
template <typename T>
T stored_integer(const std::byte* from, std::endian order) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    const std::size_t at = order == std::endian::little ? sizeof(T) - 1 - i : i;
    value = static_cast<T>((std::uint64_t{value} << 8U) | static_cast<std::uint64_t>(from[at]));
  }
  return value;
}

void append_utf8(std::uint32_t code, std::string& text) {
  const auto byte = [&text](std::uint32_t value) { text.push_back(static_cast<char>(value)); };
  const auto next = [&](std::uint32_t shift) { byte(0x80U | ((code >> shift) & 0x3FU)); };
  if (code < 0x80U) {
    byte(code);
  } else if (code < 0x800U) {
    byte(0xC0U | (code >> 6U));
    next(0);
  } else if (code < 0x10000U) {
    byte(0xE0U | (code >> 12U));
    next(6);
    next(0);
  } else if (code < 0x110000U) {
    byte(0xF0U | (code >> 18U));
    next(12);
    next(6);
    next(0);
  } else {
    byte(0xFFU);
  }
}

void set_fixed_text(Element& element, Form form, std::optional<std::uint64_t> bytes) {
  if (!bytes || *bytes > kMostBytesOfElement || (form == Form::kUtf32 && *bytes % 4 != 0)) return;
  element.form = form;
  element.stored_bytes = static_cast<std::size_t>(*bytes);
  if (*bytes == 0) element.form = Form::kOther;  // numpy has no such arrays but empty ones
}

}  // namespace

arrays::ArrayInfo::Kind Element::kind() const {
  using Kind = arrays::ArrayInfo::Kind;
  switch (form) {
    case Form::kNumber:
    case Form::kHalf:
      return Kind::kNumber;
    case Form::kBoolean:
      return Kind::kBoolean;
    case Form::kUtf32:
    case Form::kBytes:
    case Form::kVariableBytes:
      return Kind::kText;
    case Form::kOther:
      break;
  }
  return Kind::kOther;
}

std::size_t Element::memory_bytes() const {
  return arrays::visit_number(number, [](auto value) { return sizeof(value); });
}

Element parse_dtype(const nlohmann::json& dtype) {
  Element element;
  element.name = dtype.is_string() ? dtype.get<std::string>() : "a table of several fields";
  const std::string_view text = element.name;
  if (!dtype.is_string() || text.size() < 2) return element;
  if (text == "|O") {
    element.form = Form::kVariableBytes;  // if there is the filter
    return element;
  }
  const char order = text[0], letter = text[1];
  const auto count = core::parse_number<std::uint32_t>(text.substr(2));
  if (!count || (order != '<' && order != '>' && order != '|')) return element;
  element.order = order == '>' ? std::endian::big : std::endian::little;
  if (letter == 'U') set_fixed_text(element, Form::kUtf32, std::uint64_t{4} * *count);
  if (letter == 'S' || letter == 'a') set_fixed_text(element, Form::kBytes, *count);
  const auto known = std::ranges::find_if(
      kNumbers, [&](const NamedNumber& each) { return each.letter == letter && each.bytes == *count; });
  if (known != kNumbers.end()) set_number(element, *known);
  return element;
}

Element parse_data_type(const nlohmann::json& data_type) {
  Element element;
  const bool is_object = data_type.is_object() && data_type.contains("name") && data_type["name"].is_string();
  if (!is_object && !data_type.is_string()) return element;
  element.name = is_object ? data_type["name"].get<std::string>() : data_type.get<std::string>();
  const auto known = std::ranges::find(kNumbers, element.name, &NamedNumber::name);
  if (known != kNumbers.end()) {
    set_number(element, *known);
  } else if (element.name == "string" || element.name == "numpy.variable_length_utf8") {
    element.form = Form::kVariableBytes;
  } else if (is_object && data_type.contains("configuration")) {
    const auto& configuration = data_type["configuration"];
    std::optional<std::uint64_t> bytes;
    if (configuration.is_object() && configuration.contains("length_bytes") &&
        configuration["length_bytes"].is_number_unsigned()) {
      bytes = configuration["length_bytes"].get<std::uint64_t>();
    }
    if (element.name.ends_with("fixed_length_utf32")) set_fixed_text(element, Form::kUtf32, bytes);
    if (element.name.ends_with("null_terminated_bytes")) set_fixed_text(element, Form::kBytes, bytes);
  }
  return element;
}

void to_memory(const Element& element, std::span<const std::byte> stored, std::span<std::byte> out) {
  const std::size_t n = stored.size() / element.stored_bytes;
  SCTAB_ASSERT(out.size() == n * element.memory_bytes());
  if (element.form == Form::kBoolean) {
    std::ranges::transform(stored, out.begin(), [](std::byte value) { return std::byte{value != std::byte{0}}; });
  } else if (element.form == Form::kHalf) {
    for (std::size_t i = 0; i < n; ++i) {
      const float value = from_half(stored_integer<std::uint16_t>(&stored[2 * i], element.order));
      std::memcpy(&out[sizeof(float) * i], &value, sizeof(float));
    }
  } else if (element.is_as_in_memory()) {
    std::ranges::copy(stored, out.begin());
  } else {
    const std::size_t size = element.stored_bytes;
    for (std::size_t i = 0; i < n; ++i) std::ranges::reverse_copy(stored.subspan(i * size, size), &out[i * size]);
  }
}

std::string to_text(const Element& element, std::span<const std::byte> stored) {
  std::string text;
  if (element.form == Form::kBytes) {
    text.assign(reinterpret_cast<const char*>(stored.data()), stored.size());
    text.resize(text.find_last_not_of('\0') + 1);
    return text;
  }
  for (std::size_t at = 0; at + 4 <= stored.size(); at += 4) {
    const auto code = stored_integer<std::uint32_t>(&stored[at], element.order);
    if (code == 0) break;  // numpy drops the zeros behind a text; there are none within one
    append_utf8(code, text);
  }
  return text;
}

}  // namespace sctab::zarr
