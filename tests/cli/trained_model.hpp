#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/process.hpp"

namespace sctab::tests {

/// A small source, a store built from it and a linear model trained on that, made once by the program under test.
struct TrainedModel {
  TemporaryFolder folder;
  std::filesystem::path source, ontology, genes, store, model;

  /// Throws std::runtime_error with what the program printed if it fails.
  TrainedModel();
  static const TrainedModel& instance();
};

/// `corpus build` with rules that keep the test cells.
std::vector<std::string> build_arguments(const std::filesystem::path& source, const std::filesystem::path& store,
                                         const std::filesystem::path& ontology);

/// A truth.json by which a folder counts as one of `sctab simulate`.
void write_truth(const std::filesystem::path& path);

/// Runs a command that must fail on bad input: exit code 2, nothing on standard output, one line on standard error that
/// holds all of `texts`, and every file below `folder` as it was.
void expect_refused(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
                    const std::vector<std::string>& texts);

}  // namespace sctab::tests
