#pragma once

#include <cstdint>

#include "sctab/formats/dataframe.hpp"
#include "sctab/formats/hdf5/handle.hpp"

namespace sctab::hdf5 {

/// All strings of a one-dimensional or scalar dataset, fixed- or variable-length. Throws InputError if it is not such a
/// dataset, is damaged or is not UTF-8: then it names the entry, which is a `counted` ("row", "category").
///
/// Text of variable length is looked up in HDF5's heaps by our own code: libhdf5 1.10 crashes on a damaged heap,
/// allocates every string by itself, and gives no bound to their sum.
formats::Strings read_texts(hid_t dataset, std::string_view counted = "row");

}  // namespace sctab::hdf5
