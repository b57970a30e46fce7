#include "sctab/baselines/member_run.hpp"

#include <fmt/format.h>

#include <string>

#include "sctab/core/error.hpp"
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
  if (note.is_object()) return note;
  throw InputError(
      fmt::format("{}: is no checkpoint of a baseline; remove the run's folder to start anew", path.string()));
}

}  // namespace

std::optional<FinishedMember> find_finished(const train::RunFolder& folder, const json& identity) {
  if (!folder.has_checkpoint()) return std::nullopt;
  const json note = read_note(folder.checkpoint());
  train::require_same_run(folder.checkpoint(), note.at("identity"), identity);
  if (!std::filesystem::exists(folder.best_weights())) {
    throw InputError(fmt::format("{}: is missing, and its training has ended; remove the run's folder to start anew",
                                 folder.best_weights().string()));
  }
  return FinishedMember{folder.best_weights(), note.at("n_components"), identity.at("seed"), note.at("seconds"),
                        note.at("facts")};
}

void keep_finished(const train::RunFolder& folder, const json& identity, const Fitted& fitted, double seconds) {
  fitted.arrays.write(folder.best_weights());
  const std::string note = json({{"identity", identity},
                                 {"n_components", fitted.n_components},
                                 {"seconds", seconds},
                                 {"facts", fitted.facts}})
                               .dump();
  nn::ModelArrays arrays;
  arrays.add_bytes(kState, {note.begin(), note.end()});
  arrays.write(folder.checkpoint());
}

}  // namespace sctab::baselines
