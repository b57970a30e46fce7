#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/arrays/number.hpp"
#include "sctab/formats/dataframe.hpp"
#include "sctab/formats/hdf5/handle.hpp"

namespace sctab::hdf5 {

using arrays::convert_number;
using arrays::Number;
using arrays::visit_number;

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
/// What elements of a type in a file are; in_file is left empty.
ElementType describe_type(hid_t file_type);

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

}  // namespace sctab::hdf5
