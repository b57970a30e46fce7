#include "sctab/train/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/sha256.hpp"
#include "sctab/nn/network_state.hpp"
#include "sctab/train/run_folder.hpp"

namespace sctab::train {
namespace {

using nlohmann::json;
using Tensors = std::vector<nn::NamedTensor>;

constexpr std::string_view kModel = "model/", kBest = "best/";
constexpr const char* kRandomState = "random_state";
constexpr const char* kStateKey = "state";
constexpr const char* kHash = "sha256";

void append(Tensors& all, std::string_view prefix, const Tensors& some) {
  for (const auto& [name, tensor] : some) all.push_back({std::string(prefix) + name, tensor});
}

/// Those whose name begins with the prefix, without it.
Tensors select(const Tensors& all, std::string_view prefix) {
  Tensors some;
  for (const auto& [name, tensor] : all) {
    if (name.starts_with(prefix)) some.push_back({name.substr(prefix.size()), tensor});
  }
  return some;
}

json to_json(const Progression& progression, std::int64_t steps) {
  return {{"epoch", progression.epoch},
          {"batches", progression.batches},
          {"loss_sum", progression.loss_sum},
          {"grad_norm_sum", progression.grad_norm_sum},
          {"seconds", progression.seconds},
          {"steps", steps},
          {"early_stopping",
           {{"best_epoch", progression.early_stopping.best_epoch},
            {"best_score", progression.early_stopping.best_score},
            {"epochs", progression.early_stopping.epochs}}}};
}

Progression progression_from_json(const core::JsonFields& fields) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const core::JsonFields early = fields.object("early_stopping");
  return {.epoch = fields.get<std::int64_t>("epoch", 0, kMost),
          .batches = fields.get<std::int64_t>("batches", 0, kMost),
          .loss_sum = fields.get<double>("loss_sum"),
          .grad_norm_sum = fields.get<double>("grad_norm_sum"),
          .seconds = fields.get<double>("seconds"),
          .early_stopping = {
              .best_epoch = early.get<std::int64_t>("best_epoch", -1, kMost),
              // JSON has no NaN: it was written as null
              .best_score = early.find<double>("best_score").value_or(std::numeric_limits<double>::quiet_NaN()),
              .epochs = early.get<std::int64_t>("epochs", 0, kMost)}};
}

/// SHA-256 of the state's text and of all tensors, in the order of their names.
std::string hash_of(const std::string& state, Tensors tensors) {
  std::ranges::sort(tensors, {}, &nn::NamedTensor::name);
  core::Sha256 hash;
  hash.add(state);
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor values = tensor.detach().cpu().contiguous();
    hash.add(name).add({static_cast<const std::byte*>(values.data_ptr()), values.nbytes()});
  }
  return hash.hex();
}

/// A file that cannot be read is one to remove.
nn::TensorFile read_file(const std::filesystem::path& path) {
  try {
    return nn::read_tensors(path);
  } catch (const core::InputError& error) {
    core::Problem problem = error.problem();
    problem.next_step = "it is damaged: " + remove_to_train_again(path);
    throw core::InputError(problem);
  }
}

void require_whole(const std::filesystem::path& path, const nn::TensorFile& file) {
  const auto expected = file.metadata.find(kHash);
  if (expected == file.metadata.end()) return;  // a run begun before there were any
  if (hash_of(file.metadata.at(kStateKey), file.tensors) == expected->second) return;
  refuse_damaged(path, "its SHA-256 is not the one recorded when it was written: it was damaged or changed");
}

}  // namespace

bool EarlyStopping::add(double score) {
  const bool nothing_to_beat = state_.best_epoch < 0 || std::isnan(state_.best_score);
  const bool better = nothing_to_beat || score > state_.best_score;
  if (better) {
    state_.best_epoch = state_.epochs;
    state_.best_score = score;
  }
  ++state_.epochs;
  return better;
}

bool EarlyStopping::should_stop() const {
  return !std::isnan(state_.best_score) && state_.epochs - 1 - state_.best_epoch >= patience_;
}

void write_checkpoint(const std::filesystem::path& path, const json& identity, const Progression& progression,
                      const nn::Network& network, const Optimizer& optimizer) {
  Tensors tensors;
  append(tensors, kModel, network.state().parameters());
  append(tensors, kModel, network.state().buffers());
  append(tensors, "", optimizer.moments());
  append(tensors, kBest, progression.best_weights);
  tensors.push_back({kRandomState, network.random_state()});
  const json state = {{"version", kCheckpointVersion},
                      {"identity", identity},
                      {"progression", to_json(progression, optimizer.steps())}};
  const std::string text = state.dump();
  nn::write_tensors(path, tensors, {{kStateKey, text}, {kHash, hash_of(text, tensors)}});
}

Progression read_checkpoint(const std::filesystem::path& path, const json& identity, nn::Network& network,
                            Optimizer& optimizer) try {
  const nn::TensorFile file = read_file(path);
  const Tensors random_state = select(file.tensors, kRandomState);
  const auto text = file.metadata.find(kStateKey);
  const json state = text == file.metadata.end() ? json() : core::parse_json(text->second, {.file = path.string()});
  if (!state.is_object() || !state.contains("version") || random_state.size() != 1) {
    refuse_damaged(path, "is not a checkpoint of a training run");
  }
  if (state.at("version") != kCheckpointVersion) {
    throw OtherRun(
        {.file = path.string(),
         .found = fmt::format("a checkpoint of version {}", state.at("version").dump()),
         .expected = fmt::format("version {}", kCheckpointVersion),
         .next_step = "resume with the sctab that began the run, or remove the run's folder to start again"});
  }
  require_whole(path, file);
  require_same_run(path, state.at("identity"), identity);
  const core::JsonFields position(
      state.at("progression"),
      {.file = path.string(), .key = "progression", .next_step = "it is damaged: " + remove_to_train_again(path)});
  Progression progression = progression_from_json(position);
  network.state().load(select(file.tensors, kModel), path.string());
  network.set_random_state(random_state.front().tensor);
  optimizer.restore(position.get<std::int64_t>("steps"), file.tensors, path.string());
  progression.best_weights = select(file.tensors, kBest);
  return progression;
} catch (const json::exception&) {
  refuse_damaged(path, "does not say which run it belongs to and how far that was: it is damaged");
}

}  // namespace sctab::train
