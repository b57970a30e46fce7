#include "sctab/published/import_store.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/store/manifest.hpp"

namespace sctab::published {
namespace fs = std::filesystem;
namespace {

using core::InputError;
using nlohmann::json;

/// The labels of the store with the terms that they join, all of them.
std::vector<JoinedLabel> join_all(const ParquetStore& from, const ontology::Ontology& ontology,
                                  const StoreImportOptions& options) {
  const std::vector<std::string>& labels = from.lookup(Coded::kCellType);
  formats::LabelTable table{labels, {}};
  if (!options.labels.empty()) table = formats::read_label_table(options.labels);
  if (table.labels != labels) {
    throw InputError({.file = options.labels.string(),
                      .found = "has other labels, or another order, than categorical_lookup/cell_type.parquet",
                      .next_step = "give that table with a column cell_type_ontology_term_id"});
  }
  std::vector<JoinedLabel> joined = join_labels(table, ontology);
  std::vector<std::string> missing;
  for (const JoinedLabel& label : joined) {
    if (label.how == JoinedBy::kNothing) missing.push_back(fmt::format("\"{}\" ({})", label.label, label.reason));
  }
  if (missing.empty()) return joined;
  const fs::path file =
      options.labels.empty() ? from.directory / "categorical_lookup" / "cell_type.parquet" : options.labels;
  throw InputError({.file = file.string(),
                    .found = fmt::format("{} of {} have no term in {}: {}", missing.size(),
                                         core::plural(std::ssize(labels), "label"), options.ontology.string(),
                                         fmt::join(missing, ", ")),
                    .next_step = "give the labels with ids of this release with --labels: a csv with the columns label "
                                 "and cell_type_ontology_term_id"});
}

/// Of each split what `describe` says of its parts.
json parts_json(const ParquetStore& from, const std::function<json(const Part&)>& describe) {
  json parts = json::object();
  for (const store::Split split : store::kSplits) {
    json& of_split = parts[std::string(store::name(split))] = json::array();
    for (const Part& part : from.parts[static_cast<std::size_t>(split)]) of_split.push_back(describe(part));
  }
  return parts;
}

/// What a store of the import is a function of, but for the files of the parts: a damaged one may be replaced, and
/// finished shards know theirs. How many cells each has decides which shard has which.
json identity(const ParquetStore& from, const std::vector<JoinedLabel>& labels, const StoreImportOptions& options) {
  json ids = json::array();
  for (const JoinedLabel& label : labels) ids.push_back(label.id);
  return {{"sctab_version", SCTAB_VERSION},
          {"source", fs::weakly_canonical(from.directory).string()},
          {"parts", parts_json(from, [](const Part& part) { return json(part.n_cells); })},
          {"genes", from.genes.hash()},
          {"lookups", from.lookups},
          {"cell_type_ontology_term_ids", ids},
          {"cells_per_shard", options.cells_per_shard}};
}

// 64 cells, of which a tenth of the genes is not zero, in whole thousands.
std::int64_t chunk_elements(core::GeneIndex n_genes) {
  constexpr std::int64_t kThousand = 1024;
  return std::max<std::int64_t>((std::int64_t{n_genes} * 64 / 10 + kThousand - 1) / kThousand, 1) * kThousand;
}

store::ShardLayout layout_of(const ParquetStore& from, const std::vector<JoinedLabel>& labels) {
  std::vector<store::CellTypeEntry> cell_types;
  for (const JoinedLabel& label : labels) cell_types.push_back({label.label, label.id});
  store::ShardLayout layout;
  layout.genes = from.genes;
  layout.tables = category_tables(from, std::move(cell_types));
  layout.values = store::ValueType::kFloat32;
  layout.chunk_elements = chunk_elements(from.genes.size());
  layout.most_values = std::numeric_limits<std::int32_t>::max();
  return layout;
}

json hierarchy_json(const StoreImportResult& result) {
  if (!result.hierarchy) return nullptr;
  json differences = json::array();
  for (const HierarchyDifference& difference : *result.hierarchy) {
    differences.push_back({{"parent", result.labels[difference.parent].label},
                           {"child", result.labels[difference.child].label},
                           {"is_subtype_in", difference.published ? "child_matrix" : "ontology"}});
  }
  return differences;
}

json provenance(const ParquetStore& from, const StoreImportResult& result, const StoreImportOptions& options) {
  json source = identity(from, result.labels, options);
  source["parts"] = parts_json(from, [](const Part& part) {
    return json{{"cells", part.n_cells}, {"bytes", part.state.bytes}, {"modified", part.state.modified}};
  });
  json labels = json::array();
  for (const JoinedLabel& label : result.labels) {
    labels.push_back({{"label", label.label},
                      {"cell_type_ontology_term_id", label.id},
                      {"current_name", label.current_name},
                      {"joined_by", name(label.how)}});
  }
  source.erase("sctab_version");
  source.erase("lookups");  // which are the store's tables
  source.erase("cell_type_ontology_term_ids");
  return {{"made_by", "sctab corpus import"},
          {"sctab_version", SCTAB_VERSION},
          {"import", source},
          {"ontology", {{"path", options.ontology.string()}, {"version", result.ontology_version}}},
          {"labels", labels},
          {"hierarchy_differences", hierarchy_json(result)}};
}

json ontology_of(const std::vector<JoinedLabel>& labels, const ontology::Ontology& ontology) {
  std::vector<ontology::TermIndex> terms;
  for (const JoinedLabel& label : labels) {
    if (const auto term = ontology.find(label.id)) terms.push_back(*term);
  }
  return ontology.to_json(terms);
}

void compare_with_ontology(const ParquetStore& from, const ontology::Ontology& ontology, StoreImportResult& result) {
  const fs::path hierarchy = from.directory / "cell_type_hierarchy" / "child_matrix.npy";
  if (!fs::exists(hierarchy)) return;
  std::vector<ontology::TermIndex> terms;
  for (const JoinedLabel& label : result.labels) terms.push_back(ontology.find(label.id).value_or(-1));
  result.hierarchy = compare_hierarchy(hierarchy, ontology::SubtypeMatrix(ontology, terms));
}

/// store.json and the tables next to the shards.
void write_tables(const ImportFolder& folder, const store::ShardLayout& layout, const ImportedShards& imported,
                  const json& ontology, json provenance) {
  store::Manifest manifest;
  manifest.values = layout.values;
  manifest.content = store::Content::kLogNormalised;
  manifest.gene_order = "as published";
  manifest.gene_list_hash = layout.genes.hash();
  manifest.tables = layout.tables;
  manifest.shards = imported.shards;
  manifest.provenance = std::move(provenance);
  genes::write_genes_tsv(folder.path() / store::kGenesFile, layout.genes);
  core::write_json(folder.path() / store::kOntologyFile, ontology);
  store::write_manifest(folder.path(), manifest);
}

/// All of the store into the folder, which then becomes it.
void write_store(const ParquetStore& from, const ontology::Ontology& ontology, const StoreImportOptions& options,
                 const ImportFolder& folder, StoreImportResult& result) {
  const fs::path vectors = from.directory / "augmentations.npy";
  if (fs::exists(vectors)) result.n_vectors = convert_vectors(vectors, from.genes, folder.path() / kVectorsFile);

  const store::ShardLayout layout = layout_of(from, result.labels);
  const ImportedShards imported =
      import_shards(from, plan_shards(from, options.cells_per_shard), layout, folder, options.threads);
  result.n_shards_written = imported.n_written;
  result.n_shards_kept = imported.n_kept;
  const fs::path weights = from.directory / "class_weights.npy";
  if (fs::exists(weights)) result.weights = compare_class_weights(weights, imported.train_cells_per_type);

  write_tables(folder, layout, imported, ontology_of(result.labels, ontology), provenance(from, result, options));
  result.bytes = store::Store::open(folder.path()).bytes();
  folder.commit();
}

}  // namespace

void StoreImportOptions::validate() const {
  if (cells_per_shard < 1 || cells_per_shard > 131'072) {
    throw InputError(
        {.subject = "cells_per_shard", .found = std::to_string(cells_per_shard), .expected = "1 to 131072"});
  }
  if (threads < 0) {
    throw InputError({.subject = "threads", .found = std::to_string(threads), .expected = "0 (all) or more"});
  }
}

StoreImportResult import_store(const StoreImportOptions& options) {
  options.validate();
  require_to_import(options.output, options.resume);
  parquet::require_available(options.source / "var.parquet");
  const auto ontology = ontology::Ontology::load(options.ontology);
  const ParquetStore from = open_parquet_store(options.source, options.threads);
  require_disjoint_donors(from, options.threads);
  StoreImportResult result;
  result.n_genes = from.genes.size();
  result.complete = from.complete;
  for (const store::Split split : store::kSplits) result.n_cells[static_cast<std::size_t>(split)] = from.n_cells(split);
  result.ontology_version = ontology.version();
  result.labels = join_all(from, ontology, options);
  compare_with_ontology(from, ontology, result);
  const ImportFolder folder(options.output, identity(from, result.labels, options), options.resume);
  try {
    write_store(from, ontology, options, folder, result);
  } catch (const InputError& error) {
    const std::int64_t n_finished = folder.n_finished();
    if (n_finished == 0) throw;
    core::Problem problem = error.problem();
    problem.next_step += fmt::format("{}then continue from the {} in {} with --resume",
                                     problem.next_step.empty() ? "repair this, " : ", ",
                                     core::plural(n_finished, "finished shard"), folder.path().string());
    throw InputError(std::move(problem));
  }
  return result;
}

}  // namespace sctab::published
