#include "lab/experiments/trial.hpp"

#include <fmt/format.h>

#include <cctype>

#include "lab/experiments/run_loader.hpp"

namespace sctab::experiments {
namespace {

constexpr int kResultVersion = 3;  // changes when trials measure other things

std::string file_name(const std::string& text) {
  std::string name;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '_';
    if (plain) name += c;
    if (!plain && !name.empty() && name.back() != '-') name += '-';
  }
  return name;
}

}  // namespace

std::string Trial::title() const {
  return fmt::format("{}, {}, seed {}", model->name, part->name, seed);
}

std::string Trial::slug() const {
  return fmt::format("{}.{}.seed-{}", file_name(model->name), file_name(part->name), seed);
}

nlohmann::json Trial::names() const {
  return {{"model", model->name}, {"part", part->name}, {"seed", seed}};
}

nlohmann::json Trial::identity(const TrialConditions& conditions) const {
  nlohmann::json identity = {{"version", kResultVersion},      {"sctab_version", SCTAB_VERSION},
                             {"store", conditions.store_hash}, {"part", to_json(*part)},
                             {"model", model->as_given},       {"seed", seed}};
  if (model->loader) {
    identity["threads"] = loader_threads(*model);
  } else {
    identity["device"] = conditions.device == kernels::Device::kCuda ? "cuda" : "cpu";
  }
  return identity;
}

std::vector<Trial> expand(const Recipe& recipe) {
  std::vector<Trial> trials;
  for (const PartSpec& part : recipe.parts) {
    for (const std::uint64_t seed : recipe.seeds) {
      for (const ModelSpec& model : recipe.models) {
        if (model.is_trained_on(part.name)) trials.push_back({&model, &part, seed});
      }
    }
  }
  return trials;
}

}  // namespace sctab::experiments
