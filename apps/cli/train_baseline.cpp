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
#include "sctab/core/progress.hpp"

namespace sctab::cli {
namespace {

void refuse_network_options(const CLI::App& command, std::string_view kind) {
  constexpr std::array kShared = {"STORE",        "--output", "--model",   "--preset",
                                  "--components", "--seed",   "--threads", "--json"};
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_name();
    if (option->count() == 0 || std::ranges::count(kShared, name) > 0) continue;
    throw core::InputError(fmt::format("{}: is an option of networks, and the model is {}; leave it out", name, kind));
  }
}

}  // namespace

void run_baseline(const CLI::App& command, const std::filesystem::path& store,
                  const baselines::BaselineOptions& options, const std::filesystem::path& model, bool json) {
  refuse_network_options(command, nn::name(options.kind));
  const baselines::BaselineResult result = baselines::train_baseline(store::Store::open(store), options, model);
  if (json) {
    return print_json({{"model", model.string()},
                       {"best_val_macro_f1", result.val_macro_f1},
                       {"training", result.facts},
                       {"seconds", result.seconds},
                       {"peak_memory_bytes", core::peak_memory_bytes()}});
  }
  const std::string score = std::isnan(result.val_macro_f1)
                                ? std::string("no validation cells")
                                : fmt::format("validation macro F1 {:.4f}", result.val_macro_f1);
  fmt::print("{}; {:.1f} s, peak memory {}\nmodel: {}\n", score, result.seconds,
             core::format_bytes(static_cast<double>(core::peak_memory_bytes())), model.string());
}

}  // namespace sctab::cli
