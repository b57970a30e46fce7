#include "sctab/store/writer_checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "sctab/core/json_file.hpp"
#include "sctab/store/manifest.hpp"

namespace sctab::store {

using core::JsonFields;
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

SpoolState to_spool(const JsonFields& fields) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  const auto is_number = [](const json& value) {
    return value.is_number_unsigned() && value.get<std::uint64_t>() <= kMost;
  };
  SpoolState spool;
  for (const json& block : fields.value("blocks")) {
    if (!block.is_array() || block.size() != 3 || !std::ranges::all_of(block, is_number)) {
      throw fields.error("blocks", "three numbers for each block");
    }
    spool.blocks.push_back({block[0], block[1], block[2]});
  }
  spool.n_cells = fields.get<CellIndex>("n_cells");
  spool.n_values = fields.get<std::int64_t>("n_values");
  spool.encoded_bytes = fields.get<std::int64_t>("encoded_bytes");
  spool.file_bytes = fields.get<std::int64_t>("file_bytes");
  return spool;
}

WriterCheckpoint to_checkpoint(const JsonFields& root) {
  WriterCheckpoint checkpoint;
  checkpoint.note = root.value("note");
  checkpoint.n_cells = root.get<CellIndex>("n_cells");
  checkpoint.n_values = root.get<std::int64_t>("n_values");
  checkpoint.integers = root.get<bool>("integers");
  checkpoint.gene_sums = root.get<std::vector<double>>("gene_sums");
  for (const Split split : kSplits) {
    const auto at = static_cast<std::size_t>(split);
    const JsonFields of_split = root.object(name(split));
    for (const JsonFields& spool : of_split.objects("spools")) checkpoint.spools[at].push_back(to_spool(spool));
    for (const JsonFields& shard : of_split.objects("shards")) checkpoint.shards[at].push_back(to_shard(shard));
    checkpoint.spools_written[at] = of_split.get<std::uint64_t>("spools_written");
  }
  return checkpoint;
}

/// "train-00012.h5ad", "val-00000.spool".
bool is_name_of_shard_or_spool(const std::string& file_name) {
  constexpr std::size_t kLeastDigits = 5;
  const auto of_split = std::ranges::find_if(
      kSplits, [&file_name](Split split) { return file_name.starts_with(std::string(name(split)) + "-"); });
  if (of_split == kSplits.end()) return false;
  const std::string_view rest = std::string_view(file_name).substr(name(*of_split).size() + 1);
  const std::size_t n_digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  const std::string_view ending = rest.substr(n_digits);
  return n_digits >= kLeastDigits && (ending == ".h5ad" || ending == ".spool");
}

}  // namespace

bool is_name_of_growing_store(const std::string& name) {
  return is_name_of_shard_or_spool(name) || name == kManifestFile || name == kGenesFile || name == kOntologyFile ||
         name == kCheckpointFile;
}

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
  const json value = core::read_json(file);
  const JsonFields root(value, {.file = file.string(), .next_step = "remove the folder to begin again"});
  if (const auto version = root.get<std::int64_t>("version"); version != kVersion) {
    throw root.error("version", fmt::format("version {}", kVersion), fmt::format("version {}", version));
  }
  return to_checkpoint(root);
}

}  // namespace sctab::store
