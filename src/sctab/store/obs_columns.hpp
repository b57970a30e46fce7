#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/store/store.hpp"

namespace sctab::store {

/// The obs columns of a file that may hold a field, for those of text that needs no more than its name: assay, tissue,
/// tissue_general, disease. The first that is there counts. Empty for other fields.
std::span<const std::string_view> obs_columns(Field field);

/// What stores have where a file names no value of such a field.
inline constexpr std::string_view kUnknownValue = "unknown";

/// Whether the name of a donor (or a value of such a field) tells which: it is neither empty nor "unknown".
inline bool is_known(std::string_view value) {
  return !value.empty() && value != kUnknownValue;
}
/// The same of a code in the table of its field; -1 is not known.
inline bool is_known(const std::vector<std::string>& table, std::int32_t code) {
  return code >= 0 && is_known(table[static_cast<std::size_t>(code)]);
}

}  // namespace sctab::store
