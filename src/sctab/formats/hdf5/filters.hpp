#pragma once

#include <hdf5.h>

#include <cstddef>
#include <span>
#include <variant>
#include <vector>

#include "sctab/formats/codecs/expander.hpp"

namespace sctab::hdf5 {

struct ShuffleFilter {};     // of whole elements
struct Fletcher32Filter {};  // a checksum of 4 bytes behind the chunk

/// One step on the way from a chunk's elements to what the file holds.
using Filter = std::variant<ShuffleFilter, Fletcher32Filter, codecs::Codec, codecs::Bitshuffle, codecs::Szip>;

/// Those of a chunked dataset, in the order in which they were applied; none of another. Throws InputError at the
/// dataset that names a filter that is not known here. All decoding is ours: libhdf5 1.10 trusts what damaged chunks
/// say of their sizes, and reads and writes past its memory.
std::vector<Filter> filters_of(hid_t dataset);

/// Bytes of elements that a byte in the file can hold at most behind these filters.
double most_expansion(std::span<const Filter> filters);

}  // namespace sctab::hdf5
