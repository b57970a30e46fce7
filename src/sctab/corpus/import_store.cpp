#include "sctab/corpus/import_store.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "sctab/augment/vectors.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/sha256.hpp"
#include "sctab/corpus/import_shards.hpp"
#include "sctab/formats/name_tables.hpp"
#include "sctab/formats/npy/npy.hpp"
#include "sctab/store/manifest.hpp"
#include "sctab/store/obs_columns.hpp"

namespace sctab::corpus {
namespace fs = std::filesystem;
namespace {

using core::InputError;
using nlohmann::json;
using ontology::MatchedBy;
using ontology::MatchedLabel;

/// The labels of the store with their terms. Throws InputError where one has none.
std::vector<MatchedLabel> match_all(const MerlinStore& from, const ontology::Ontology& ontology,
                                    const StoreImportOptions& options) {
  const std::vector<std::string>& labels = from.lookup(Coded::kCellType);
  formats::LabelTable table{labels, {}};
  if (!options.labels.empty()) table = formats::read_label_table(options.labels);
  if (table.labels != labels) {
    throw InputError({.file = options.labels.string(),
                      .found = "has other labels, or another order, than categorical_lookup/cell_type.parquet",
                      .next_step = "give that table with a column cell_type_ontology_term_id"});
  }
  std::vector<MatchedLabel> matched = ontology::match_labels(table.labels, table.ids, ontology);
  std::vector<std::string> missing;
  for (const MatchedLabel& label : matched) {
    if (label.how == MatchedBy::kNothing) missing.push_back(fmt::format("\"{}\" ({})", label.label, label.reason));
  }
  if (missing.empty()) return matched;
  const fs::path file =
      options.labels.empty() ? from.directory / "categorical_lookup" / "cell_type.parquet" : options.labels;
  throw InputError({.file = file.string(),
                    .found = fmt::format("{} of {} have no term in {}: {}", missing.size(),
                                         core::plural(std::ssize(labels), "label"), options.ontology.string(),
                                         fmt::join(missing, ", ")),
                    .next_step = "give the labels with ids of this release with --labels: a csv with the columns label "
                                 "and cell_type_ontology_term_id"});
}

/// For each split, what `describe` makes of its parts.
json parts_json(const MerlinStore& from, const std::function<json(const Part&)>& describe) {
  json parts = json::object();
  for (const store::Split split : store::kSplits) {
    json& of_split = parts[std::string(store::name(split))] = json::array();
    for (const Part& part : from.parts[static_cast<std::size_t>(split)]) of_split.push_back(describe(part));
  }
  return parts;
}

/// What a store of the import is a function of, but for the files of the parts: a damaged one may be replaced, and
/// finished shards know theirs. How many cells each has decides which shard has which.
json identity(const MerlinStore& from, const std::vector<MatchedLabel>& labels, const StoreImportOptions& options) {
  json ids = json::array();
  for (const MatchedLabel& label : labels) ids.push_back(label.id);
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

store::ShardLayout layout_of(const MerlinStore& from, const std::vector<MatchedLabel>& labels) {
  std::vector<store::CellTypeEntry> cell_types;
  for (const MatchedLabel& label : labels) cell_types.push_back({label.label, label.id});
  store::ShardLayout layout;
  layout.genes = from.genes;
  layout.tables = category_tables(from, std::move(cell_types));
  layout.values = store::ValueType::kFloat32;
  layout.chunk_elements = chunk_elements(from.genes.size());
  layout.most_values = std::numeric_limits<std::int32_t>::max();
  return layout;
}

void require_shape(const npy::Reader& file, const std::vector<std::int64_t>& expected, std::string_view what) {
  if (file.shape() == expected) return;
  throw InputError({.file = file.path().string(),
                    .found = fmt::format("has shape {}", file.shape_text()),
                    .expected = std::string(what),
                    .next_step = "check that the files belong together"});
}

/// child_matrix.npy, (labels × labels), 1 where the label of the column is that of the row or a subtype of it, against
/// the ontology: every difference. Throws InputError naming the file where it has another shape or other numbers.
std::vector<HierarchyDifference> compare_hierarchy(const std::filesystem::path& child_matrix,
                                                   const ontology::SubtypeMatrix& subtypes) {
  npy::Reader file(child_matrix);
  const auto n = static_cast<std::int64_t>(subtypes.size());
  require_shape(file, {n, n}, fmt::format("{0} × {0}, as there are {0} labels", n));
  std::vector<HierarchyDifference> differences;
  std::vector<double> row(subtypes.size());
  for (std::size_t parent = 0; parent < row.size(); ++parent) {
    file.read(row);
    for (std::size_t child = 0; child < row.size(); ++child) {
      if (row[child] != 0 && row[child] != 1) {
        throw InputError({.file = child_matrix.string(),
                          .subject = fmt::format("row {}, column {}", parent, child),
                          .found = fmt::format("{}", row[child]),
                          .expected = "0 or 1"});
      }
      const bool published = row[child] == 1;
      if (published != subtypes.is_subtype(parent, child)) differences.push_back({parent, child, published});
    }
  }
  return differences;
}

/// Nothing in a store depends on these weights: a file that is damaged or has another number of weights than labels
/// have cells is reported in the result, and is not an error.
WeightComparison compare_class_weights(const std::filesystem::path& class_weights,
                                       std::span<const std::int64_t> train_cells_per_type) try {
  npy::Reader file(class_weights);
  const auto n_present = std::ranges::count_if(train_cells_per_type, [](std::int64_t n) { return n > 0; });
  require_shape(file, {n_present},
                fmt::format("{}, as {} have training cells", n_present, core::plural(n_present, "label")));
  std::vector<double> published(static_cast<std::size_t>(n_present));
  file.read(published);
  const auto n_cells = std::accumulate(train_cells_per_type.begin(), train_cells_per_type.end(), 0.0);
  WeightComparison result;
  auto next = published.begin();
  for (std::size_t type = 0; type < train_cells_per_type.size(); ++type) {
    if (train_cells_per_type[type] == 0) continue;
    const double ours = n_cells / static_cast<double>(n_present * train_cells_per_type[type]);
    const double weight = *next++, difference = std::abs(weight / ours - 1);
    if (!std::isfinite(weight)) {
      throw InputError({.file = class_weights.string(),
                        .subject = fmt::format("the weight of code {}", type),
                        .found = fmt::format("{}", weight),
                        .expected = "a finite number"});
    }
    if (difference <= result.largest_difference) continue;
    result.largest_difference = difference;
    result.at = type;
  }
  return result;
} catch (const InputError& error) {
  return {0, 0, core::format(error.problem())};
}

/// Writes augmentations.npy, (vectors × genes), as the file that `sctab augment make` writes; the donors and
/// types of the vectors are not published. Returns how many there are. Memory: the non-zeros. Throws InputError naming
/// the file where it has another number of genes or a value that is not finite.
std::int64_t convert_vectors(const std::filesystem::path& augmentations, const genes::GeneList& genes,
                             const std::filesystem::path& output) {
  npy::Reader file(augmentations);
  const std::int64_t n_vectors = file.shape().empty() ? 0 : file.shape().front();
  require_shape(file, {n_vectors, genes.size()}, fmt::format("vectors × {} genes", genes.size()));
  augment::Vectors vectors;
  vectors.genes = genes;
  vectors.values.clear(genes.size());
  std::vector<double> row(genes.ids.size());
  std::vector<core::GeneIndex> indices;
  std::vector<float> values;
  for (std::int64_t vector = 0; vector < n_vectors; ++vector) {
    core::check_interrupt();
    file.read(row);
    indices.clear();
    values.clear();
    for (std::size_t gene = 0; gene < row.size(); ++gene) {
      if (row[gene] == 0) continue;
      if (!std::isfinite(row[gene])) {
        throw InputError({.file = augmentations.string(),
                          .gene = genes.ids[gene],
                          .subject = fmt::format("vector {} (counted from 0)", vector),
                          .found = fmt::format("{}", row[gene]),
                          .expected = "a difference of means"});
      }
      indices.push_back(static_cast<core::GeneIndex>(gene));
      values.push_back(static_cast<float>(row[gene]));
    }
    vectors.values.append_row(indices, values);
    const std::string nobody(augment::kNotPublished);
    vectors.origins.push_back({nobody, std::string(store::kUnknownValue), nobody, nobody, 0});
  }
  augment::write_vectors(output, vectors,
                         {{"source", augmentations.filename().string()},
                          {"source_sha256", core::sha256_of_file(augmentations)},
                          {"vectors", n_vectors}});
  return n_vectors;
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

json provenance(const MerlinStore& from, const StoreImportResult& result, const StoreImportOptions& options) {
  json source = identity(from, result.labels, options);
  source["parts"] = parts_json(from, [](const Part& part) {
    return json{{"cells", part.n_cells}, {"bytes", part.state.bytes}, {"modified", part.state.modified}};
  });
  json labels = ontology::to_json(result.labels);
  for (json& label : labels) label.erase("reason");  // all of them match
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

void compare_with_ontology(const MerlinStore& from, const ontology::Ontology& ontology, StoreImportResult& result) {
  const fs::path hierarchy = from.directory / "cell_type_hierarchy" / "child_matrix.npy";
  if (!fs::exists(hierarchy)) return;
  std::vector<ontology::TermIndex> terms;
  for (const MatchedLabel& label : result.labels) terms.push_back(ontology.find(label.id).value_or(-1));
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
void write_store(const MerlinStore& from, const ontology::Ontology& ontology, const StoreImportOptions& options,
                 const ImportFolder& folder, StoreImportResult& result) {
  const fs::path vectors = from.directory / "augmentations.npy";
  if (fs::exists(vectors)) result.n_vectors = convert_vectors(vectors, from.genes, folder.path() / store::kVectorsFile);

  const store::ShardLayout layout = layout_of(from, result.labels);
  const ImportedShards imported =
      import_shards(from, plan_shards(from, options.cells_per_shard), layout, folder, options.threads);
  result.n_shards_written = imported.n_written;
  result.n_shards_kept = imported.n_kept;
  const fs::path weights = from.directory / "class_weights.npy";
  if (fs::exists(weights)) result.weights = compare_class_weights(weights, imported.train_cells_per_type);

  write_tables(folder, layout, imported, ontology.to_json(terms_of(result.labels, ontology)),
               provenance(from, result, options));
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

std::vector<std::string> StoreImportResult::splits_without_metadata() const {
  std::vector<std::string> splits;
  for (const store::Split split : store::kSplits) {
    if (!complete[static_cast<std::size_t>(split)]) splits.emplace_back(store::name(split));
  }
  return splits;
}

json to_json(const StoreImportResult& imported) {
  json result = {{"store", imported.store.string()},
                 {"genes", imported.n_genes},
                 {"bytes", imported.bytes},
                 {"shards_written", imported.n_shards_written},
                 {"shards_kept", imported.n_shards_kept},
                 {"splits_without_metadata", imported.splits_without_metadata()},
                 {"ontology", imported.ontology_version},
                 {"labels", ontology::to_json(imported.labels)}};
  for (const store::Split split : store::kSplits) {
    result["cells"][std::string(store::name(split))] = imported.n_cells[static_cast<std::size_t>(split)];
  }
  if (imported.hierarchy) result["hierarchy_differences"] = hierarchy_json(imported);
  if (imported.weights && imported.weights->not_compared.empty()) {
    result["class_weights"] = {{"largest_difference", imported.weights->largest_difference},
                               {"label", imported.labels[imported.weights->at].label}};
  } else if (imported.weights) {
    result["class_weights"] = {{"not_compared", imported.weights->not_compared}};
  }
  if (imported.n_vectors) result["vectors"] = *imported.n_vectors;
  return result;
}

StoreImportResult import_store(const StoreImportOptions& options) {
  options.validate();
  const core::Start start{.resume = options.resume, .overwrite = options.overwrite};
  require_to_import(options.output, start);
  parquet::require_available(options.source / "var.parquet");
  const auto ontology = ontology::Ontology::load(options.ontology);
  const MerlinStore from = open_merlin_store(options.source, options.threads);
  require_disjoint_donors(from, options.threads);
  StoreImportResult result;
  result.store = options.output;
  result.n_genes = from.genes.size();
  result.complete = from.complete;
  for (const store::Split split : store::kSplits) result.n_cells[static_cast<std::size_t>(split)] = from.n_cells(split);
  result.ontology_version = ontology.version();
  result.labels = match_all(from, ontology, options);
  compare_with_ontology(from, ontology, result);
  const ImportFolder folder(options.output, identity(from, result.labels, options), start);
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

}  // namespace sctab::corpus
