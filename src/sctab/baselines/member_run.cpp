#include "sctab/baselines/member_run.hpp"

#include <fmt/format.h>

#include <string>

#include "sctab/core/error.hpp"
#include "sctab/core/sha256.hpp"
#include "sctab/nn/model_arrays.hpp"

namespace sctab::baselines {
namespace {

using core::InputError;
using nlohmann::json;

constexpr const char* kState = "baseline";

/// What keep_finished() noted. A checkpoint of a network's training has no such thing.
json read_note(const std::filesystem::path& path) {
  json note;
  try {
    const auto bytes = nn::ModelArrays::read(path).bytes(kState);
    note = json::parse(bytes.begin(), bytes.end(), nullptr, false);
  } catch (const InputError&) {
    note = nullptr;
  }
  if (note.is_object() && note.value("identity", json()).is_object()) return note;
  train::refuse_damaged(path, "is no checkpoint of a baseline, or damaged");
}

json fingerprint(const std::filesystem::path& file) {
  return {{"bytes", std::filesystem::file_size(file)}, {"sha256", core::sha256_of_file(file)}};
}

void require_whole(const train::RunFolder& folder, const json& expected) {
  const std::filesystem::path weights = folder.best_weights();
  const char* found = nullptr;
  if (!std::filesystem::is_regular_file(weights)) {
    found = "is missing, and its training has ended";
  } else if (fingerprint(weights) != expected) {
    found = "is not what its finished training wrote (size or SHA-256 differs)";
  }
  if (found == nullptr) return;
  throw InputError(fmt::format("{}: {}; remove the folder {} to train this member anew, the others are kept",
                               weights.string(), found, folder.path.string()));
}

}  // namespace

std::optional<FinishedMember> find_finished(const train::RunFolder& folder, const json& identity) {
  if (!folder.has_checkpoint()) return std::nullopt;
  const json note = read_note(folder.checkpoint());
  train::require_same_run(folder.checkpoint(), note.at("identity"), identity);
  try {
    FinishedMember member{folder.best_weights(), note.at("n_components"), identity.at("seed"), note.at("seconds"),
                          note.at("facts")};
    require_whole(folder, note.at("weights"));
    return member;
  } catch (const json::exception&) {
    train::refuse_damaged(
        folder.checkpoint(),
        "does not say how the training ended, as this sctab notes it: it is damaged or of another version");
  }
}

void keep_finished(const train::RunFolder& folder, const json& identity, const Fitted& fitted, double seconds) {
  fitted.arrays.write(folder.best_weights());
  const std::string note = json({{"identity", identity},
                                 {"weights", fingerprint(folder.best_weights())},
                                 {"n_components", fitted.n_components},
                                 {"seconds", seconds},
                                 {"facts", fitted.facts}})
                               .dump();
  nn::ModelArrays arrays;
  arrays.add_bytes(kState, {note.begin(), note.end()});
  arrays.write(folder.checkpoint());
}

}  // namespace sctab::baselines
