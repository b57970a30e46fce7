#pragma once

#include <CLI/App.hpp>
#include <filesystem>
#include <string_view>

#include "sctab/baselines/train_baseline.hpp"

namespace sctab::cli {

/// Throws InputError where an option of baselines was given, for a network or an ensemble of such (`kind`).
void refuse_baseline_options(const CLI::App& command, std::string_view kind);

/// `sctab train` with a --model that is no network. `command`: as parsed, for the options that were given: those of the
/// networks' training are refused, because they would be without effect.
void run_baseline(const CLI::App& command, const std::filesystem::path& store,
                  const baselines::BaselineOptions& options, const std::filesystem::path& model, bool json);

}  // namespace sctab::cli
