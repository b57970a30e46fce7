#pragma once

#include <span>
#include <string_view>

#include "sctab/formats/dataframe.hpp"
#include "sctab/formats/hdf5/write.hpp"

namespace sctab::h5ad {

/// A new dataframe group (encoding 0.2.0). Callers hold the hdf5::Lock, here and below.
void write_dataframe(hid_t file, std::string_view name, const formats::Strings& index,
                     std::span<const formats::Column> columns);

/// The same in steps, for columns one at a time: write_column() for each, then end_dataframe() with their names.
hdf5::Handle begin_dataframe(hid_t file, std::string_view name, const formats::Strings& index);
void end_dataframe(const hdf5::Handle& dataframe, const formats::Strings& column_names);

/// One column of a dataframe group, in its encoding. Does not touch the attribute column-order.
void write_column(hid_t dataframe, const formats::Column& column, hdf5::Encoding encoding);

}  // namespace sctab::h5ad
