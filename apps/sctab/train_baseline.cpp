#include "train_baseline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <CLI/Option.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "print.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::cli {
namespace {

constexpr std::array kXgboostOptions = {"--rounds", "--eta", "--max-depth", "--subsample"};

void refuse_network_options(const CLI::App& command, std::string_view kind) {
  constexpr std::array kShared = {"STORE",     "--output", "--model", "--preset",  "--components",
                                  "--members", "--resume", "--seed",  "--threads", "--json"};
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_name();
    if (option->count() == 0 || std::ranges::count(kShared, name) + std::ranges::count(kXgboostOptions, name) > 0) {
      continue;
    }
    throw core::InputError(fmt::format("{}: is an option of networks, and the model is {}; leave it out", name, kind));
  }
}

std::string score_text(double val_macro_f1) {
  if (std::isnan(val_macro_f1)) return "no validation cells";
  return fmt::format("validation macro F1 {:.4f}", val_macro_f1);
}

/// As of networks: of one member "training", of several a list of them.
nlohmann::json to_json(const baselines::BaselineResult& result, const baselines::BaselineOptions& options,
                       const std::filesystem::path& model) {
  nlohmann::json json = {
      {"kind", nn::name(options.kind)}, {"seed", options.seed},
      {"model", model.string()},        {"best_val_macro_f1", core::json_number(result.val_macro_f1)},
      {"seconds", result.seconds},      {"peak_memory_bytes", core::peak_memory_bytes()}};
  if (result.members.size() == 1) {
    json["training"] = result.members.front().facts;
    return json;
  }
  for (const auto& [seed, seconds, facts, val_macro_f1] : result.members) {
    json["members"].push_back({{"kind", nn::name(options.kind)},
                               {"seed", seed},
                               {"best_val_macro_f1", core::json_number(val_macro_f1)},
                               {"seconds", seconds},
                               {"training", facts}});
  }
  return json;
}

/// The preset of the paper is without effect on kinds that the paper has not.
void refuse_paper_preset(const CLI::App& command, nn::ModelKind kind) {
  const bool is_of_paper = kind == nn::ModelKind::kXgboost || kind == nn::ModelKind::kCelltypist;
  if (is_of_paper || command.count("--preset") == 0 || command["--preset"]->as<std::string>() != "paper") return;
  throw core::InputError(
      fmt::format("--preset paper: the paper has no {}, so it would be without effect; leave it out", nn::name(kind)));
}

}  // namespace

void refuse_baseline_options(const CLI::App& command, std::string_view kind) {
  const auto refuse = [&](std::string_view option, std::string_view of) {
    throw core::InputError(fmt::format("{}: is an option of {}, and the model is {}; leave it out", option, of, kind));
  };
  if (command.count("--components") > 0) refuse("--components", "baselines");
  for (const char* option : kXgboostOptions) {
    if (command.count(option) > 0) refuse(option, "xgboost");
  }
  if (command.count("--preset") > 0 && command["--preset"]->as<std::string>() == "defaults") {
    refuse("--preset defaults", "baselines");
  }
}

void run_baseline(const CLI::App& command, const std::filesystem::path& store,
                  const baselines::BaselineOptions& options, const std::filesystem::path& model, bool json) {
  refuse_network_options(command, nn::name(options.kind));
  refuse_paper_preset(command, options.kind);
  const baselines::BaselineResult result = baselines::train_baseline(store::Store::open(store), options, model);
  if (json) return print_json(to_json(result, options, model));
  if (result.members.size() > 1) {
    for (const baselines::BaselineMember& member : result.members) {
      fmt::print("{}, seed {}: {}; {:.1f} s\n", nn::name(options.kind), member.seed, score_text(member.val_macro_f1),
                 member.seconds);
    }
    fmt::print("mean of {} members: ", result.members.size());
  }
  fmt::print("{}; {:.1f} s, peak memory {}\nmodel: {}\n", score_text(result.val_macro_f1), result.seconds,
             core::format_bytes(static_cast<double>(core::peak_memory_bytes())), model.string());
}

}  // namespace sctab::cli
