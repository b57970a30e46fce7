#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sctab::tests {

/// UBJSON the way libxgboost writes it: lengths as 'L', arrays of float32 as [$d#, of integers as [$l#, others as [#.
class UbjsonWriter {
 public:
  static std::vector<std::uint8_t> bytes_of(const nlohmann::json& value) {
    UbjsonWriter writer;
    writer.write(value);
    return writer.bytes_;
  }

 private:
  void write(const nlohmann::json& value) {
    if (value.is_object()) {
      put('{');
      for (const auto& [key, member] : value.items()) {
        write_text(key);
        write(member);
      }
      put('}');
    } else if (value.is_array()) {
      write_array(value);
    } else if (value.is_string()) {
      put('S');
      write_text(value.get<std::string>());
    } else if (value.is_number_integer()) {
      put('l');
      write_big_endian(static_cast<std::uint32_t>(value.get<std::int32_t>()));
    } else if (value.is_number_float()) {
      put('d');
      write_float(value);
    } else {
      put(value.is_null() ? 'Z' : value.get<bool>() ? 'T' : 'F');
    }
  }

  void write_array(const nlohmann::json& values) {
    const bool integers = std::ranges::all_of(values, [](const auto& v) { return v.is_number_integer(); });
    const bool floats = std::ranges::all_of(values, [](const auto& v) { return v.is_number_float(); });
    put('[');
    if (integers || floats) {
      put('$');
      put(integers ? 'l' : 'd');
    }
    put('#');
    write_length(values.size());
    for (const auto& value : values) {
      if (integers) {
        write_big_endian(static_cast<std::uint32_t>(value.get<std::int32_t>()));
      } else if (floats) {
        write_float(value);
      } else {
        write(value);
      }
    }
  }

  void write_text(const std::string& text) {
    write_length(text.size());
    bytes_.insert(bytes_.end(), text.begin(), text.end());
  }
  void write_length(std::size_t n) {
    put('L');
    write_big_endian(std::uint64_t{n});
  }
  void write_float(const nlohmann::json& value) { write_big_endian(std::bit_cast<std::uint32_t>(value.get<float>())); }
  template <typename Bits>
  void write_big_endian(Bits bits) {
    for (int shift = 8 * (static_cast<int>(sizeof(Bits)) - 1); shift >= 0; shift -= 8) {
      bytes_.push_back(static_cast<std::uint8_t>(bits >> shift));
    }
  }
  void put(char c) { bytes_.push_back(static_cast<std::uint8_t>(c)); }

  std::vector<std::uint8_t> bytes_;
};

}  // namespace sctab::tests
