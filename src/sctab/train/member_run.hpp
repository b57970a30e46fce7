#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "sctab/train/fitted.hpp"
#include "sctab/train/run_folder.hpp"

namespace sctab::train {

/// A trained member that waits in its run's folder for the others.
struct FinishedMember {
  std::filesystem::path weights;
  std::int64_t n_components = 0;  // for models that see principal components
  std::uint64_t seed = 1;
  double seconds = 0;    // that its training took
  nlohmann::json facts;  // about the training
};

/// The member that an earlier process finished, if it did. identity: what it is trained on and how. Throws InputError
/// where what lies there is of another run, or damaged.
std::optional<FinishedMember> find_finished(const RunFolder& folder, const nlohmann::json& identity);

/// Writes a member: its weights, then the note that it is finished, with their size and hash.
void keep_finished(const RunFolder& folder, const nlohmann::json& identity, const Fitted& fitted, double seconds);

}  // namespace sctab::train
