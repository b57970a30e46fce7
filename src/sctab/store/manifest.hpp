#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sctab/core/json_file.hpp"
#include "sctab/core/output_folder.hpp"
#include "sctab/store/store.hpp"

namespace sctab::store {

/// What the user can do about a damaged store, a store that cannot be used, and an unfinished one.
inline constexpr const char* kRestore = "restore the file or build the store again";
inline constexpr const char* kBuildAgain = "build the store again";
inline constexpr const char* kStartOver = "remove the folder and start over";

inline constexpr const char* kManifestFile = "store.json";
inline constexpr const char* kGenesFile = "genes.tsv";
inline constexpr const char* kOntologyFile = "ontology.json";
/// In an imported store: the authors' augmentation vectors, as `sctab augment make` writes its own.
inline constexpr const char* kVectorsFile = "published_vectors.h5ad";

/// One shard's entry in store.json.
nlohmann::json to_json(const Shard& shard);
/// Throws InputError if it is not one of ours.
Shard to_shard(const core::JsonFields& fields);

/// What store.json holds.
struct Manifest {
  std::uint64_t seed = 0;
  ValueType values = ValueType::kUint16;
  Content content = Content::kCounts;
  std::string gene_order = "mean of log-normalised counts over training cells, highest first";  // for people
  std::string gene_list_hash;
  CategoryTables tables;
  std::array<std::vector<Shard>, kSplits.size()> shards;
  nlohmann::json provenance;
};

/// What a store is to the commands that write one, and may replace another.
core::FolderKind store_folder();

/// Throws InputError naming the file and what is wrong in it, a newer format version before anything else.
Manifest read_manifest(const std::filesystem::path& directory);
void write_manifest(const std::filesystem::path& directory, const Manifest& manifest);

}  // namespace sctab::store
