#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sctab/core/index.hpp"

namespace sctab::experiments {

inline constexpr const char* kCallsHeader =
    "row,cell_type_ontology_term_id or row,cell_type_ontology_term_id,probability";

/// The calls of a developer's own model.
struct CallsFile {
  std::vector<std::string> ids;                      // the types that are called, each once
  std::vector<core::TypeIndex> calls;                // of each test cell: its position in ids, or evaluate::kNoCall
  std::optional<std::vector<double>> probabilities;  // of each test cell, in [0, 1]; 0 for no call
};

/// Reads a csv with the header kCallsHeader. It has each row of the test split once, counted from 0 over the test
/// shards, in any order, with a CL id or nothing (no call). Throws InputError with file and line.
CallsFile read_calls(const std::filesystem::path& path, std::int64_t n_cells);

}  // namespace sctab::experiments
