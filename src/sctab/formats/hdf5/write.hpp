#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

#include "sctab/formats/dataframe.hpp"
#include "sctab/formats/hdf5/handle.hpp"

namespace sctab::hdf5 {

/// How elements are marked: today's files carry encoding-type and encoding-version on each; those of anndata 0.7 only
/// on tables and matrices, and keep the categories of a table together in __categories.
enum class Encoding { kCurrent, kLegacy };

/// Attributes; an earlier one of that name is replaced.
void set_text(hid_t object, const char* name, std::string_view text);
void set_texts(hid_t object, const char* name, const formats::Strings& texts);
void set_integers(hid_t object, const char* name, std::span<const std::int64_t> values);
void set_boolean(hid_t object, const char* name, bool value);
/// encoding-type and encoding-version.
void mark(hid_t object, std::string_view encoding_type, std::string_view encoding_version);
/// mark(), for encodings that have the attributes.
void mark(hid_t object, Encoding encoding, std::string_view encoding_type, std::string_view encoding_version);

/// numpy's bool as h5py stores it.
Handle boolean_type();
/// Text of variable length, UTF-8.
Handle text_type();

/// One-dimensional arrays in groups; small or large, marked "array" or "string-array". `type` is that of an element in
/// memory and in the file.
Handle write_array(hid_t parent, std::string_view name, hid_t type, std::span<const std::byte> values,
                   Encoding encoding);
Handle write_texts(hid_t parent, std::string_view name, const formats::Strings& texts, Encoding encoding);
/// Scalars: "string" and "numeric-scalar".
void write_text(hid_t parent, std::string_view name, std::string_view text, Encoding encoding);
void write_number(hid_t parent, std::string_view name, hid_t type, const void* value, Encoding encoding);
/// An empty group marked as a mapping.
Handle create_mapping(hid_t parent, std::string_view name, Encoding encoding);

/// A JSON value under a name: objects become groups, the rest datasets. Throws std::logic_error on what has no place in
/// a file: null, and arrays of mixed kinds or of objects.
void write_json_value(hid_t parent, std::string_view name, const nlohmann::json& value, Encoding encoding);

}  // namespace sctab::hdf5
