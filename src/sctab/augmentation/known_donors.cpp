#include "sctab/augmentation/known_donors.hpp"

#include <string>

namespace sctab::augmentation {

std::vector<std::int32_t> known_donors(const store::Store& store) {
  constexpr const char* kUnknown = "unknown";
  const std::vector<std::string>& names = store.tables().column(store::Field::kDonor);
  std::vector<std::int32_t> donors = store.codes(store::Split::kTrain, store::Field::kDonor);
  for (std::int32_t& donor : donors) {
    if (donor >= 0 && names[static_cast<std::size_t>(donor)] == kUnknown) donor = -1;
  }
  return donors;
}

}  // namespace sctab::augmentation
