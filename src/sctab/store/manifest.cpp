#include "sctab/store/manifest.hpp"

#include <fmt/format.h>

#include <limits>

#include "sctab/core/json_file.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/store/writer_checkpoint.hpp"

namespace sctab::store {

using core::JsonFields;
using nlohmann::json;

namespace {

constexpr const char* kFormat = "sctab-store";

/// The value of these whose name() is the text of a field.
template <typename Value>
Value named(const JsonFields& fields, std::string_view key, Value first, Value second) {
  const auto text = fields.get<std::string>(key);
  if (text == name(first)) return first;
  if (text == name(second)) return second;
  throw fields.error(key, fmt::format("{} or {}", name(first), name(second)));
}

void check_format(const JsonFields& root) {
  if (root.find<std::string>("format") != kFormat) {
    throw core::InputError({.file = root.place().file,
                            .found = "is not the description of a sctab store",
                            .next_step = "give the folder that `sctab corpus build` wrote"});
  }
  if (root.get<std::int64_t>("format_version") > kFormatVersion) {
    throw core::InputError({.file = root.place().file,
                            .found = fmt::format("format version {}", root.value("format_version").dump()),
                            .expected = fmt::format("{} or older", kFormatVersion),
                            .next_step = "use a newer sctab, or build the store again with this one"});
  }
}

Manifest to_manifest(const JsonFields& root) {
  Manifest manifest;
  manifest.seed = root.get<std::uint64_t>("seed");
  manifest.values = named(root, "value_type", ValueType::kUint16, ValueType::kFloat32);
  if (root.get<std::int64_t>("format_version") >= 2) {
    manifest.content = named(root, "content", Content::kCounts, Content::kLogNormalised);
  }
  manifest.gene_list_hash = root.get<std::string>("gene_list_hash");
  for (const JsonFields& type : root.objects("cell_types")) {
    manifest.tables.cell_types.push_back(
        {type.get<std::string>("label"), type.get<std::string>("cell_type_ontology_term_id")});
  }
  const JsonFields categories = root.object("categories"), shards = root.object("shards");
  for (const Field field : kFields) {
    if (field == Field::kCellType) continue;
    manifest.tables.column(field) = categories.get<std::vector<std::string>>(name(field));
  }
  for (const Split split : kSplits) {
    for (const JsonFields& entry : shards.objects(name(split))) {
      manifest.shards[static_cast<std::size_t>(split)].push_back(to_shard(entry));
    }
  }
  manifest.provenance = root.value("provenance");
  return manifest;
}

/// "a finished store of 1,200 cells of 6 types".
std::string describe_finished_store(const std::filesystem::path& directory) {
  const Manifest manifest = read_manifest(directory);
  CellIndex n_cells = 0;
  for (const auto& shards : manifest.shards) {
    for (const Shard& shard : shards) n_cells += shard.n_cells;
  }
  return fmt::format("a finished store of {} of {}", core::plural(n_cells, "cell"),
                     core::plural(std::ssize(manifest.tables.cell_types), "type"));
}

}  // namespace

core::FolderKind store_folder() {
  return {.noun = "store",
          .marker = kManifestFile,
          .is_ours = [](const std::string& name) { return is_name_of_growing_store(name) || name == kVectorsFile; },
          .describe = describe_finished_store};
}

json to_json(const Shard& shard) {
  return {{"file", shard.file}, {"n_cells", shard.n_cells}, {"bytes", shard.bytes}, {"sha256", shard.sha256}};
}

Shard to_shard(const JsonFields& fields) {
  Shard shard{.file = fields.get<std::string>("file"),
              .n_cells = fields.get<CellIndex>("n_cells", 1, std::numeric_limits<CellIndex>::max()),
              .bytes = fields.get<std::int64_t>("bytes"),
              .sha256 = fields.get<std::string>("sha256")};
  if (shard.file.empty() || shard.file.find('/') != std::string::npos) throw fields.error("file", "a file name");
  return shard;
}

Manifest read_manifest(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / kManifestFile;
  if (std::filesystem::is_directory(directory) && !std::filesystem::exists(file)) {
    throw core::InputError({.file = directory.string(),
                            .found = fmt::format("has no {}, so it is not a store", kManifestFile),
                            .next_step = "give the folder that `sctab corpus build` wrote"});
  }
  const json value = core::read_json(file);
  const JsonFields root(value, {.file = file.string(), .next_step = "build the store again; the file is damaged"});
  check_format(root);
  return to_manifest(root);
}

void write_manifest(const std::filesystem::path& directory, const Manifest& manifest) {
  json cell_types = json::array();
  for (const CellTypeEntry& type : manifest.tables.cell_types) {
    cell_types.push_back({{"label", type.label}, {"cell_type_ontology_term_id", type.id}});
  }
  json categories = json::object();
  for (const Field field : kFields) {
    if (field != Field::kCellType) categories[std::string(name(field))] = manifest.tables.column(field);
  }
  json n_cells = json::object();
  json shards = json::object();
  for (const Split split : kSplits) {
    const std::string key(name(split));
    CellIndex cells = 0;
    shards[key] = json::array();
    for (const Shard& shard : manifest.shards[static_cast<std::size_t>(split)]) {
      shards[key].push_back(to_json(shard));
      cells += shard.n_cells;
    }
    n_cells[key] = cells;
  }
  const bool of_counts = manifest.content == Content::kCounts;
  json root = {{"format", kFormat},
               {"format_version", of_counts ? 1 : kFormatVersion},
               {"seed", manifest.seed},
               {"value_type", name(manifest.values)},
               {"gene_order", manifest.gene_order},
               {"gene_list_hash", manifest.gene_list_hash},
               {"n_cells", n_cells},
               {"cell_types", cell_types},
               {"categories", categories},
               {"shards", shards},
               {"provenance", manifest.provenance}};
  if (!of_counts) root["content"] = name(manifest.content);
  core::write_json(directory / kManifestFile, root);
}

}  // namespace sctab::store
