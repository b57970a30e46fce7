#pragma once

#include <cstdint>
#include <filesystem>

namespace sctab::bench {

inline constexpr std::int64_t kMadeUpParts = 5, kCellsPerPart = 4096;  // of the training split; val and test have 1,024

/// A store of the authors' layout with 19,331 genes, some 2,000 of them a cell, and two types; and an ontology, cl.obo,
/// beside it. Made once and kept in the folder for temporary files.
std::filesystem::path made_up_parquet_store();

}  // namespace sctab::bench
