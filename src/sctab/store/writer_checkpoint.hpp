#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sctab/store/spool.hpp"
#include "sctab/store/store.hpp"

namespace sctab::store {

/// The state of a Writer between two calls of add(), or between two shards: all that it needs, with the spools' files
/// and the shards in its folder, to resume in another process.
struct WriterCheckpoint {
  nlohmann::json note;  // the caller's
  CellIndex n_cells = 0;
  std::int64_t n_values = 0;
  bool integers = true;
  std::vector<double> gene_sums;
  std::array<std::vector<SpoolState>, kSplits.size()> spools;
  std::array<std::size_t, kSplits.size()> spools_written{};  // those at the front, whose shards are written
  std::array<std::vector<Shard>, kSplits.size()> shards;
};

inline constexpr const char* kCheckpointFile = "checkpoint.json";

/// Whole or not at all.
void write_checkpoint(const std::filesystem::path& directory, const WriterCheckpoint& checkpoint);
/// Nothing where the folder has none. Throws InputError naming the file where it is not one of ours.
std::optional<WriterCheckpoint> read_checkpoint(const std::filesystem::path& directory);

/// Whether a store that grows in a folder leaves a file of this name there: shards, spools, tables, the checkpoint.
bool is_name_of_growing_store(const std::string& name);

}  // namespace sctab::store
