#pragma once

#include <span>
#include <string_view>

#include "sctab/formats/dataframe.hpp"
#include "sctab/formats/hdf5/write.hpp"

namespace sctab::h5ad {

/// A new dataframe group (encoding 0.2.0). Callers hold the hdf5::Lock, here and below.
void write_dataframe(hid_t file, std::string_view name, const formats::Strings& index,
                     std::span<const formats::Column> columns);

/// One column of a dataframe group, in its encoding. Does not touch the attribute column-order.
void write_column(hid_t dataframe, const formats::Column& column, hdf5::Encoding encoding);

}  // namespace sctab::h5ad
