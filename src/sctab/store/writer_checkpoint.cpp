#include "sctab/store/writer_checkpoint.hpp"

#include <fmt/format.h>

#include "sctab/core/json_file.hpp"
#include "sctab/store/manifest.hpp"
#include "sctab/store/next_steps.hpp"

namespace sctab::store {

using nlohmann::json;

namespace {

constexpr int kVersion = 1;

json to_json(const SpoolState& spool) {
  json blocks = json::array();
  for (const SpoolBlock& block : spool.blocks) {
    blocks.push_back({block.offset, block.compressed_bytes, block.bytes});
  }
  return {{"blocks", blocks},
          {"n_cells", spool.n_cells},
          {"n_values", spool.n_values},
          {"encoded_bytes", spool.encoded_bytes},
          {"file_bytes", spool.file_bytes}};
}

SpoolState to_spool(const json& value) {
  SpoolState spool;
  for (const json& block : value.at("blocks")) spool.blocks.push_back({block.at(0), block.at(1), block.at(2)});
  spool.n_cells = value.at("n_cells");
  spool.n_values = value.at("n_values");
  spool.encoded_bytes = value.at("encoded_bytes");
  spool.file_bytes = value.at("file_bytes");
  return spool;
}

WriterCheckpoint to_checkpoint(const json& root) {
  WriterCheckpoint checkpoint;
  checkpoint.note = root.at("note");
  checkpoint.n_cells = root.at("n_cells");
  checkpoint.n_values = root.at("n_values");
  checkpoint.integers = root.at("integers");
  root.at("gene_sums").get_to(checkpoint.gene_sums);
  for (const Split split : kSplits) {
    const auto at = static_cast<std::size_t>(split);
    const json& of_split = root.at(std::string(name(split)));
    for (const json& spool : of_split.at("spools")) checkpoint.spools[at].push_back(to_spool(spool));
    for (const json& shard : of_split.at("shards")) checkpoint.shards[at].push_back(to_shard(shard));
    checkpoint.spools_written[at] = of_split.at("spools_written");
  }
  return checkpoint;
}

}  // namespace

void write_checkpoint(const std::filesystem::path& directory, const WriterCheckpoint& checkpoint) {
  json root = {{"version", kVersion},
               {"note", checkpoint.note},
               {"n_cells", checkpoint.n_cells},
               {"n_values", checkpoint.n_values},
               {"integers", checkpoint.integers},
               {"gene_sums", checkpoint.gene_sums}};
  for (const Split split : kSplits) {
    const auto at = static_cast<std::size_t>(split);
    json spools = json::array(), shards = json::array();
    for (const SpoolState& spool : checkpoint.spools[at]) spools.push_back(to_json(spool));
    for (const Shard& shard : checkpoint.shards[at]) shards.push_back(store::to_json(shard));
    root[std::string(name(split))] = {
        {"spools", spools}, {"shards", shards}, {"spools_written", checkpoint.spools_written[at]}};
  }
  core::write_json(directory / kCheckpointFile, root);
}

std::optional<WriterCheckpoint> read_checkpoint(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / kCheckpointFile;
  if (!std::filesystem::exists(file)) return std::nullopt;
  const json root = core::read_json(file);
  try {
    if (root.at("version") != kVersion) {
      throw core::InputError(
          {.file = file.string(),
           .found =
               fmt::format("has version {}, but this sctab continues version {}", root.at("version").dump(), kVersion),
           .next_step = "continue with the sctab that began it, or remove the folder and start over"});
    }
    return to_checkpoint(root);
  } catch (const json::exception& error) {
    throw core::InputError(
        {.file = file.string(), .found = fmt::format("is damaged: {}", error.what()), .next_step = kStartOver});
  } catch (const core::InputError& error) {
    throw error.within({.file = file.string(), .next_step = kStartOver});
  }
}

}  // namespace sctab::store
