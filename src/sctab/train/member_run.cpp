#include "sctab/train/member_run.hpp"

#include <fmt/format.h>

#include <string>

#include "sctab/core/error.hpp"
#include "sctab/core/sha256.hpp"
#include "sctab/model/model_arrays.hpp"

namespace sctab::train {
namespace {

using core::InputError;
using nlohmann::json;

constexpr const char* kState = "baseline";

/// What keep_finished() noted. A checkpoint of a network's training has no such thing.
json read_note(const std::filesystem::path& path) {
  json note;
  try {
    const auto bytes = model::ModelArrays::read(path).bytes(kState);
    note = json::parse(bytes.begin(), bytes.end(), nullptr, false);
  } catch (const InputError&) {
    note = nullptr;
  }
  if (note.is_object() && note.value("identity", json()).is_object()) return note;
  refuse_damaged(path, "is not a checkpoint of a baseline, or damaged");
}

json fingerprint(const std::filesystem::path& file) {
  return {{"bytes", std::filesystem::file_size(file)}, {"sha256", core::sha256_of_file(file)}};
}

void require_whole(const RunFolder& folder, const json& expected) {
  const std::filesystem::path weights = folder.best_weights();
  const char* found = nullptr;
  if (!std::filesystem::is_regular_file(weights)) {
    found = "is missing, although its training has finished";
  } else if (fingerprint(weights) != expected) {
    found = "is not what its finished training wrote (size or SHA-256 differs)";
  }
  if (found == nullptr) return;
  throw InputError({.file = weights.string(),
                    .found = found,
                    .next_step = fmt::format("remove the folder {} to train this member again; the others are kept",
                                             folder.path.string())});
}

}  // namespace

std::optional<FinishedMember> find_finished(const RunFolder& folder, const json& identity) {
  if (!folder.has_checkpoint()) return std::nullopt;
  const json note = read_note(folder.checkpoint());
  require_same_run(folder.checkpoint(), note.at("identity"), identity);
  try {
    FinishedMember member{folder.best_weights(), note.at("n_components"), identity.at("seed"), note.at("seconds"),
                          note.at("facts")};
    require_whole(folder, note.at("weights"));
    return member;
  } catch (const json::exception&) {
    refuse_damaged(folder.checkpoint(),
                   "does not say how the training ended, as this sctab notes it: it is damaged or of another version");
  }
}

void keep_finished(const RunFolder& folder, const json& identity, const Fitted& fitted, double seconds) {
  fitted.arrays.write(folder.best_weights());
  const std::string note = json({{"identity", identity},
                                 {"weights", fingerprint(folder.best_weights())},
                                 {"n_components", fitted.n_components},
                                 {"seconds", seconds},
                                 {"facts", fitted.facts}})
                               .dump();
  model::ModelArrays arrays;
  arrays.add_bytes(kState, {note.begin(), note.end()});
  arrays.write(folder.checkpoint());
}

}  // namespace sctab::train
