#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sctab/published/import_shards.hpp"
#include "sctab/published/label_join.hpp"
#include "sctab/published/published_arrays.hpp"

namespace sctab::published {

struct StoreImportOptions {
  std::filesystem::path source;    // the folder with var.parquet, train, val and test
  std::filesystem::path output;    // the store
  std::filesystem::path ontology;  // cl.obo or cl.json
  std::filesystem::path labels;    // the labels with ids beside them, Parquet or csv; empty: the ontology knows them
  bool resume = false;             // go on from the finished shards in OUTPUT.import
  int threads = 0;                 // each reads parts of its own; 0: all
  CellIndex cells_per_shard = 131'072;
  void validate() const;  // throws InputError naming the field
};

/// The vectors of the authors in the store, as `sctab augment` writes its own.
inline constexpr const char* kVectorsFile = "published_vectors.h5ad";

struct StoreImportResult {
  std::array<CellIndex, store::kSplits.size()> n_cells{};
  std::array<bool, store::kSplits.size()> complete{};  // as ParquetStore has it
  core::GeneIndex n_genes = 0;
  std::int64_t n_shards_written = 0, n_shards_kept = 0;
  std::int64_t bytes = 0;
  std::vector<JoinedLabel> labels;  // by code
  std::string ontology_version;
  // Nothing where the published store has no such file.
  std::optional<std::vector<HierarchyDifference>> hierarchy;
  std::optional<WeightComparison> weights;
  std::optional<std::int64_t> n_vectors;
};

/// Makes a store of the authors' Parquet store: its splits, its order of cells and of genes, its values, marked as
/// log-normalised. Whole or not at all; interrupted, it can be resumed from the shards that are finished. Throws
/// InputError where the source is damaged or of another layout, where a label joins no term, and where a tech_sample (a
/// donor) stands in two splits.
StoreImportResult import_store(const StoreImportOptions& options);

}  // namespace sctab::published
