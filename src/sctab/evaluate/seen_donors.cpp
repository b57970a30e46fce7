#include "sctab/evaluate/seen_donors.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>

#include "sctab/core/sha256.hpp"
#include "sctab/store/obs_columns.hpp"

namespace sctab::evaluate {
namespace {

constexpr std::size_t kHexDigits = 12;  // two of 100,000 donors share a hash with a chance of 1 in 56,000

std::set<std::string> hashes_of(const store::Store& store, std::span<const store::Split> splits) {
  const std::vector<std::string>& names = store.tables().column(store::Field::kDonor);
  std::set<std::int32_t> donors;
  for (const store::Split split : splits) {
    const std::vector<std::int32_t> codes = store.codes(split, store::Field::kDonor);
    donors.insert(codes.begin(), codes.end());
  }
  std::set<std::string> hashes;
  for (const std::int32_t donor : donors) {
    if (!store::is_known(names, donor)) continue;
    hashes.insert(core::Sha256().add(names[static_cast<std::size_t>(donor)]).hex().substr(0, kHexDigits));
  }
  return hashes;
}

}  // namespace

nlohmann::json donor_hashes(const store::Store& store) {
  constexpr std::array kSeen = {store::Split::kTrain, store::Split::kVal};
  return hashes_of(store, kSeen);
}

std::optional<SeenDonors> seen_donors(const model::ModelDescription& model, const store::Store& store,
                                      store::Split split) {
  if (!model.training.is_object()) return std::nullopt;
  const auto noted = model.training.find(kDonorHashes);
  if (noted == model.training.end() || !noted->is_array()) return std::nullopt;
  std::set<std::string> known;
  for (const nlohmann::json& hash : *noted) {
    if (hash.is_string()) known.insert(hash.get<std::string>());
  }
  SeenDonors seen;
  for (const std::string& hash : hashes_of(store, std::span(&split, 1))) {
    ++seen.n_donors;
    seen.n_seen += known.contains(hash) ? 1 : 0;
  }
  return seen;
}

}  // namespace sctab::evaluate
