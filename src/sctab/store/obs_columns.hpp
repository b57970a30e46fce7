#pragma once

#include <span>
#include <string_view>

#include "sctab/store/store.hpp"

namespace sctab::store {

/// The obs columns of a file that may hold a field, for those of text that needs no more than its name: assay, tissue,
/// tissue_general, disease. The first that is there counts. Empty for other fields.
std::span<const std::string_view> obs_columns(Field field);

/// What stores have where a file names no value of such a field.
inline constexpr std::string_view kUnknownValue = "unknown";

}  // namespace sctab::store
