#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

#include "sctab/formats/dataframe.hpp"
#include "sctab/formats/h5ad/hdf5_write.hpp"

namespace sctab::h5ad {

using namespace formats;  // tables, and the seam

/// A new dataframe group (encoding 0.2.0). Callers hold the Hdf5Lock, here and below.
void write_dataframe(hid_t file, std::string_view name, const Strings& index, std::span<const Column> columns);

/// One column of a dataframe group, in its encoding. Does not touch the attribute column-order.
void write_column(hid_t dataframe, const Column& column, Encoding encoding);

/// A JSON value under a name: objects become groups, the rest datasets. Throws std::logic_error on what has no place in
/// a file: null, and arrays of mixed kinds or of objects.
void write_json_value(hid_t parent, std::string_view name, const nlohmann::json& value, Encoding encoding);

}  // namespace sctab::h5ad
