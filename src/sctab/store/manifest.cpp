#include "sctab/store/manifest.hpp"
#include "sctab/store/next_steps.hpp"

#include <fmt/format.h>

#include "sctab/core/json_file.hpp"
#include "sctab/core/staged_output.hpp"

namespace sctab::store {

using nlohmann::json;

namespace {

constexpr const char* kFormat = "sctab-store";

ValueType to_value_type(const std::string& text) {
  for (const ValueType values : {ValueType::kUint16, ValueType::kFloat32}) {
    if (text == name(values)) return values;
  }
  throw core::InputError({.key = "value_type", .found = fmt::format("'{}'", text), .expected = "uint16 or float32"});
}

Content to_content(const std::string& text) {
  for (const Content content : {Content::kCounts, Content::kLogNormalised}) {
    if (text == name(content)) return content;
  }
  throw core::InputError(
      {.key = "content", .found = fmt::format("'{}'", text), .expected = "counts or log_normalised"});
}

void check_format(const std::filesystem::path& file, const json& root) {
  if (!root.is_object() || root.value("format", json()) != kFormat) {
    throw core::InputError({.file = file.string(),
                            .found = "does not describe a sctab store",
                            .next_step = "give the folder that `sctab corpus build` wrote"});
  }
  const json version = root.value("format_version", json());
  if (version.is_number_integer() && version > kFormatVersion) {
    throw core::InputError({.file = file.string(),
                            .found = fmt::format("the store has format version {}, but this sctab reads up to {}",
                                                 version.get<std::int64_t>(), kFormatVersion),
                            .next_step = "use a newer sctab, or build the store again with this one"});
  }
}

Manifest to_manifest(const json& root) {
  Manifest manifest;
  manifest.seed = root.at("seed");
  manifest.values = to_value_type(root.at("value_type"));
  if (root.at("format_version") >= 2) manifest.content = to_content(root.at("content"));
  manifest.gene_list_hash = root.at("gene_list_hash");
  for (const json& entry : root.at("cell_types")) {
    manifest.tables.cell_types.push_back({entry.at("label"), entry.at("cell_type_ontology_term_id")});
  }
  for (const Field field : kFields) {
    if (field == Field::kCellType) continue;
    root.at("categories").at(std::string(name(field))).get_to(manifest.tables.column(field));
  }
  for (const Split split : kSplits) {
    for (const json& entry : root.at("shards").at(std::string(name(split)))) {
      manifest.shards[static_cast<std::size_t>(split)].push_back(to_shard(entry));
    }
  }
  manifest.provenance = root.at("provenance");
  return manifest;
}

}  // namespace

json to_json(const Shard& shard) {
  return {{"file", shard.file}, {"n_cells", shard.n_cells}, {"bytes", shard.bytes}, {"sha256", shard.sha256}};
}

Shard to_shard(const json& value) {
  Shard shard{value.at("file"), value.at("n_cells"), value.at("bytes"), value.at("sha256")};
  if (shard.n_cells < 1 || shard.file.empty() || shard.file.find('/') != std::string::npos) {
    throw core::InputError(
        {.key = "shards", .found = fmt::format("the entry of shard '{}' was not written by sctab", shard.file)});
  }
  return shard;
}

Manifest read_manifest(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / kManifestFile;
  if (std::filesystem::is_directory(directory) && !std::filesystem::exists(file)) {
    throw core::InputError({.file = directory.string(),
                            .found = fmt::format("has no {}, so it is not a store", kManifestFile),
                            .next_step = "give the folder that `sctab corpus build` wrote"});
  }
  const json root = core::read_json(file);
  check_format(file, root);
  try {
    return to_manifest(root);
  } catch (const json::exception& error) {
    throw core::InputError(
        {.file = file.string(), .found = fmt::format("is damaged: {}", error.what()), .next_step = kBuildAgain});
  } catch (const core::InputError& error) {
    throw error.within({.file = file.string(), .next_step = "the store is damaged: build it again"});
  }
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

void write_genes(const std::filesystem::path& directory, const genes::GeneList& genes) {
  std::string text = "gene_id\tgene_symbol\n";
  for (std::size_t i = 0; i < genes.ids.size(); ++i) text += genes.ids[i] + '\t' + genes.symbols[i] + '\n';
  core::write_file_atomically(directory / kGenesFile, text);
}

}  // namespace sctab::store
