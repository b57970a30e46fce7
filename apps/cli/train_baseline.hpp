#pragma once

#include <CLI/App.hpp>
#include <filesystem>

#include "sctab/baselines/train_baseline.hpp"

namespace sctab::cli {

/// `sctab train` with a --model that is no network. `command`: as parsed, for the options that were given: those of the
/// networks' training are refused, because they would be without effect.
void run_baseline(const CLI::App& command, const std::filesystem::path& store,
                  const baselines::BaselineOptions& options, const std::filesystem::path& model, bool json);

}  // namespace sctab::cli
