#include "sctab/augment/known_donors.hpp"

#include <string>

#include "sctab/store/obs_columns.hpp"

namespace sctab::augment {

std::vector<std::int32_t> known_donors(const store::Store& store) {
  const std::vector<std::string>& names = store.tables().column(store::Field::kDonor);
  std::vector<std::int32_t> donors = store.codes(store::Split::kTrain, store::Field::kDonor);
  for (std::int32_t& donor : donors) {
    if (!store::is_known(names, donor)) donor = -1;
  }
  return donors;
}

}  // namespace sctab::augment
