#pragma once

#include <hdf5.h>

#include <memory>

#include "sctab/formats/arrays/array_group.hpp"

namespace sctab::hdf5 {

/// A dataset of one dimension of compound elements, read into memory column by column: numbers, booleans, and text of
/// fixed or variable length. Fields of other types (arrays, …) are kOther. Throws InputError where the dataset is not
/// such a one or is damaged, and where memory does not suffice. The caller holds the Lock.
std::unique_ptr<arrays::ArrayGroup> read_records(hid_t dataset);

}  // namespace sctab::hdf5
