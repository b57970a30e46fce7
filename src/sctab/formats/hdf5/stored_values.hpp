#pragma once

#include <hdf5.h>

namespace sctab::hdf5 {

/// HDF5 gives zeros for chunks that a file lacks. Throws InputError at the dataset if it lacks any, or has no values at
/// all. A dataset that was never written passes if whoever made it chose the value to read instead.
void require_stored(hid_t dataset);

}  // namespace sctab::hdf5
