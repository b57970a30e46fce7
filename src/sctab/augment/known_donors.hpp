#pragma once

#include <cstdint>
#include <vector>

#include "sctab/store/store.hpp"

namespace sctab::augment {

/// The donors' codes of the training cells; -1 where the donor is not known.
std::vector<std::int32_t> known_donors(const store::Store& store);

}  // namespace sctab::augment
