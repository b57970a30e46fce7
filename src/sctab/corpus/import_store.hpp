#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sctab/ontology/match_labels.hpp"
#include "sctab/store/store.hpp"

namespace sctab::corpus {

struct StoreImportOptions {
  std::filesystem::path source;    // the folder with var.parquet, train, val and test
  std::filesystem::path output;    // the store
  std::filesystem::path ontology;  // cl.obo or cl.json
  std::filesystem::path labels;    // the labels with ids next to them, Parquet or csv; empty: the ontology knows them
  bool resume = false;             // go on from the finished shards in OUTPUT.import
  int threads = 0;                 // each reads parts of its own; 0: all
  core::CellIndex cells_per_shard = 131'072;
  bool overwrite = false;  // replace a finished store
  void validate() const;   // throws InputError naming the field
};

/// A pair of labels on which the published hierarchy and the ontology do not agree.
struct HierarchyDifference {
  std::size_t parent = 0, child = 0;  // codes
  bool published = false;             // it is there that the child is a subtype of the parent
};

/// class_weights.npy against the weights that the training cells give. Small differences are expected: the authors
/// counted before they left out the cells that fill no row group of 1,024.
struct WeightComparison {
  double largest_difference = 0;  // relative to ours
  std::size_t at = 0;             // the code of that label
  std::string not_compared;       // why, where they cannot be
};

struct StoreImportResult {
  std::filesystem::path store;
  std::array<core::CellIndex, store::kSplits.size()> n_cells{};
  std::array<bool, store::kSplits.size()> complete{};  // as MerlinStore has it
  core::GeneIndex n_genes = 0;
  std::int64_t n_shards_written = 0, n_shards_kept = 0;
  std::int64_t bytes = 0;
  std::vector<ontology::MatchedLabel> labels;  // by code
  std::string ontology_version;
  // Nothing where the published store has no such file.
  std::optional<std::vector<HierarchyDifference>> hierarchy;
  std::optional<WeightComparison> weights;
  std::optional<std::int64_t> n_vectors;

  /// The splits for which nothing says how many cells they should have.
  [[nodiscard]] std::vector<std::string> splits_without_metadata() const;
};
nlohmann::json to_json(const StoreImportResult& result);

/// Makes a store of the authors' Parquet store: its splits, its order of cells and of genes, its values, marked as
/// log-normalised. Whole or not at all; interrupted, it can be resumed from the shards that are finished. Throws
/// InputError where the source is damaged or of another layout, where a label matches no term, and where a tech_sample
/// (a donor) is in two splits.
StoreImportResult import_store(const StoreImportOptions& options);

}  // namespace sctab::corpus
