#pragma once

#include <filesystem>

#include "sctab/core/staged_output.hpp"

namespace sctab::annotate {

/// Where the results of one file go.
struct OutputPaths {
  std::filesystem::path h5ad, csv;
};

/// Fills in what is empty: FILE.sctab.h5ad beside FILE, and .csv beside the .h5ad. Throws InputError where a path is a
/// folder, is the input, or both are the same.
OutputPaths choose_outputs(const std::filesystem::path& input, OutputPaths given);

/// Commits both or neither: where the second fails, what stood under the first one's name comes back.
void commit_both(core::StagedOutput& first, core::StagedOutput& second);

}  // namespace sctab::annotate
