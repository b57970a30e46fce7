#pragma once

#include <memory>
#include <string_view>

#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/zarr/chunk_reader.hpp"

namespace sctab::zarr {

/// An array of one dimension that holds numbers or booleans. Throws InputError where it is anything else.
std::unique_ptr<arrays::NumberArray> open_numbers(StoredArray array);
/// The same for two dimensions.
std::unique_ptr<arrays::NumberMatrix> open_matrix(StoredArray array);
/// All texts of an array of one dimension, or of a scalar. counted: what they are, for messages ("row").
formats::Strings read_texts(StoredArray array, std::string_view counted);

}  // namespace sctab::zarr
