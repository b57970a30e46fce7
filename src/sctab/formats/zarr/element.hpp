#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/arrays/number.hpp"

namespace sctab::zarr {

/// What an array holds, one element, and how it is stored.
struct Element {
  enum class Form : std::uint8_t {
    kNumber,         // as in memory, but for the order of bytes
    kHalf,           // a half float
    kBoolean,        // a byte
    kUtf32,          // characters of 4 bytes, zeros behind them
    kBytes,          // bytes, zeros behind them
    kVariableBytes,  // text of any length, by vlen-utf8
    kOther           // neither numbers nor text
  };
  Form form = Form::kOther;
  arrays::Number number = arrays::Number::kFloat64;  // in memory: of kNumber, kHalf and kBoolean
  std::size_t stored_bytes = 0;                      // 0 for kVariableBytes
  std::endian order = std::endian::little;
  std::string name{};  // as the metadata has it, for messages

  [[nodiscard]] arrays::ArrayInfo::Kind kind() const;
  /// Bytes of a number in memory.
  [[nodiscard]] std::size_t memory_bytes() const;
  /// Whether the stored bytes are the numbers in memory.
  [[nodiscard]] bool is_as_in_memory() const {
    return form == Form::kNumber && (order == std::endian::native || stored_bytes == 1);
  }
};

/// From a "dtype" of zarr 2, numpy's typestr: "<f4", "|b1", "<U12", "|O". What sctab does not know is kOther.
Element parse_dtype(const nlohmann::json& dtype);
/// From a "data_type" of zarr 3: "float32", {"name": "fixed_length_utf32", "configuration": …}. Little-endian until the
/// codec "bytes" says otherwise.
Element parse_data_type(const nlohmann::json& data_type);

/// Turns n stored numbers into numbers in memory. stored: n × stored_bytes; out: n × memory_bytes().
void to_memory(const Element& element, std::span<const std::byte> stored, std::span<std::byte> out);

/// One text of kUtf32 or kBytes, as UTF-8; kBytes as they are. A code above U+10FFFF and surrogates become a byte that
/// is not UTF-8.
std::string to_text(const Element& element, std::span<const std::byte> stored);

}  // namespace sctab::zarr
