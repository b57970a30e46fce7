#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "sctab/model/model_directory.hpp"
#include "sctab/store/store.hpp"

namespace sctab::evaluate {

/// The key of donor_hashes() in a model's training facts.
inline constexpr const char* kDonorHashes = "donor_hashes";

/// A sorted list of the first 12 hex digits of the SHA-256 of each known donor's name, of the store's training and
/// validation splits: enough to recognise a donor by, and no list of names.
nlohmann::json donor_hashes(const store::Store& store);

/// How many of a split's known donors a model has seen.
struct SeenDonors {
  std::int64_t n_donors = 0, n_seen = 0;  // of the split; of these, donors that the model learnt or was chosen by
};

/// Nothing where the model does not say whom it was trained on (a published one, or of an earlier sctab). Donors are
/// recognised by name, dataset:donor: not where another store calls the same person otherwise.
std::optional<SeenDonors> seen_donors(const model::ModelDescription& model, const store::Store& store,
                                      store::Split split);

}  // namespace sctab::evaluate
