#include "sctab/store/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/sha256.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/store/manifest.hpp"

namespace sctab::store {
namespace fs = std::filesystem;
namespace {

genes::GeneList read_genes(const fs::path& directory, const std::string& expected_hash) {
  const fs::path file = directory / kGenesFile;
  genes::GeneList genes = genes::read_genes_tsv(file);
  if (genes.hash() != expected_hash) {
    throw core::InputError({.file = file.string(),
                            .found = fmt::format("its genes, or their order, are not those of {}", kManifestFile),
                            .next_step = kRestore});
  }
  return genes;
}

// The shard's file, once its size is found to be what store.json says and to hold the cells that it announces.
core::FileIdentity find_shard(const fs::path& directory, const Shard& shard) {
  constexpr std::int64_t kMostCellsPerByte = 1032 / 4;  // deflate's limit, and the bytes of a cell's offset
  const fs::path file = directory / shard.file;
  const core::FileIdentity found =
      core::identity_of(core::open_input(file, {.expected = "a shard of the store", .next_step = kRestore}), file);
  if (found.bytes != shard.bytes) {
    throw core::InputError({.file = file.string(),
                            .found = fmt::format("has {} bytes: it is damaged", found.bytes),
                            .expected = fmt::format("{}", shard.bytes),
                            .next_step = kRestore});
  }
  if (shard.n_cells / kMostCellsPerByte > shard.bytes) {
    throw core::InputError(
        {.file = (directory / kManifestFile).string(),
         .found = fmt::format("announces {} in {}, whose {} cannot hold them", core::plural(shard.n_cells, "cell"),
                              shard.file, core::plural(shard.bytes, "byte")),
         .next_step = kRestore});
  }
  return found;
}

// Opens a shard, the same file as ever.
h5ad::File open_shard(const fs::path& directory, const Shard& shard) {
  h5ad::File file(directory / shard.file);
  core::require_unchanged(file.path(), shard.identity);
  return file;
}

void require_memory_for(CellIndex n_cells, std::size_t bytes_each, const fs::path& directory) {
  core::require_memory(n_cells, static_cast<std::int64_t>(bytes_each),
                       {.file = directory.string(), .found = fmt::format("has {}", core::plural(n_cells, "cell"))});
}

// The ids of cell_types, as obs has them in cell_type_ontology_term_id.
std::vector<std::string> cell_type_ids(const CategoryTables& tables) {
  std::vector<std::string> ids;
  for (const CellTypeEntry& type : tables.cell_types) ids.push_back(type.id);
  return ids;
}

[[noreturn]] void refuse_column(const formats::CellSource& file, std::string_view column) {
  throw core::InputError(
      {.file = file.path().string(),
       .key = fmt::format("obs/{}", column),
       .found = fmt::format("is not the column that {} describes: the shard is damaged or belongs to another store",
                            kManifestFile),
       .next_step = kRestore});
}

void append_codes(const formats::CellSource& file, const Shard& shard, Field field,
                  const std::vector<std::string>& categories, std::vector<std::int32_t>& codes) {
  const std::string_view column_name = field == Field::kCellType ? "cell_type_ontology_term_id" : name(field);
  const formats::Column column = file.obs(column_name);
  const auto* values = std::get_if<formats::Categorical>(&column.values);
  if (values == nullptr || std::cmp_not_equal(values->codes.size(), shard.n_cells) ||
      values->categories != categories) {
    refuse_column(file, column_name);
  }
  const std::int32_t smallest = field == Field::kCellType ? 0 : -1;
  const auto in_range = [&](std::int32_t code) { return code >= smallest && std::cmp_less(code, categories.size()); };
  if (!std::all_of(values->codes.begin(), values->codes.end(), in_range)) refuse_column(file, column_name);
  codes.insert(codes.end(), values->codes.begin(), values->codes.end());
}

void append_source_rows(const formats::CellSource& file, const Shard& shard, std::vector<CellIndex>& rows) {
  const formats::Column column = file.obs("source_row");
  const auto* values = std::get_if<formats::Integers>(&column.values);
  if (values == nullptr || std::cmp_not_equal(values->size(), shard.n_cells)) refuse_column(file, "source_row");
  rows.insert(rows.end(), values->begin(), values->end());
}

}  // namespace

std::string_view name(Split split) {
  constexpr std::array<std::string_view, kSplits.size()> kNames = {"train", "val", "test"};
  return kNames[static_cast<std::size_t>(split)];
}

Split parse_split(std::string_view text) {
  for (const Split split : kSplits) {
    if (text == name(split)) return split;
  }
  throw core::InputError({.subject = "split", .found = fmt::format("'{}'", text), .expected = "train, val or test"});
}

std::string_view name(Field field) {
  constexpr std::array<std::string_view, kNumFields> kNames = {"cell_type", "donor",          "dataset", "assay",
                                                               "tissue",    "tissue_general", "disease"};
  return kNames[static_cast<std::size_t>(field)];
}

std::string_view name(ValueType values) {
  return values == ValueType::kUint16 ? "uint16" : "float32";
}

std::string_view name(Content content) {
  return content == Content::kCounts ? "counts" : "log_normalised";
}

Store Store::open(fs::path directory) {
  if (!fs::is_directory(directory)) {
    throw core::InputError({.file = directory.string(),
                            .found = fs::exists(directory) ? "is a file, not a store" : "no such folder",
                            .next_step = "give the folder that `sctab corpus build` wrote"});
  }
  Manifest manifest = read_manifest(directory);
  Store store;
  store.genes_ = read_genes(directory, manifest.gene_list_hash);
  store.hash_ = core::sha256_of_file(directory / kManifestFile);
  store.directory_ = std::move(directory);
  store.seed_ = manifest.seed;
  store.values_ = manifest.values;
  store.content_ = manifest.content;
  store.tables_ = std::move(manifest.tables);
  store.shards_ = std::move(manifest.shards);
  store.provenance_ = std::move(manifest.provenance);
  for (const Split split : kSplits) {
    for (Shard& shard : store.shards_[static_cast<std::size_t>(split)]) {
      shard.identity = find_shard(store.directory_, shard);
    }
  }
  require_disjoint_donors(store);
  return store;
}

CellIndex Store::n_cells(Split split) const {
  const auto& list = shards(split);
  return std::accumulate(list.begin(), list.end(), CellIndex{0},
                         [](CellIndex sum, const Shard& shard) { return sum + shard.n_cells; });
}

std::int64_t Store::bytes() const {
  std::int64_t sum = 0;
  for (const Split split : kSplits) {
    for (const Shard& shard : shards(split)) sum += shard.bytes;
  }
  return sum;
}

ObsTable Store::obs(Split split) const {
  const std::vector<std::string> ids = cell_type_ids(tables_);
  ObsTable table;
  require_memory_for(n_cells(split), kNumFields * sizeof(std::int32_t) + sizeof(CellIndex), directory_);
  for (const Shard& shard : shards(split)) {
    core::check_interrupt();
    const h5ad::File file = open_shard(directory_, shard);
    for (const Field field : kFields) {
      append_codes(file, shard, field, field == Field::kCellType ? ids : tables_.column(field),
                   table.codes[static_cast<std::size_t>(field)]);
    }
    append_source_rows(file, shard, table.source_row);
  }
  return table;
}

std::vector<std::int32_t> Store::codes(Split split, Field field) const {
  const std::vector<std::string> categories =
      field == Field::kCellType ? cell_type_ids(tables_) : tables_.column(field);
  std::vector<std::int32_t> codes;
  require_memory_for(n_cells(split), sizeof(std::int32_t), directory_);
  codes.reserve(static_cast<std::size_t>(n_cells(split)));
  for (const Shard& shard : shards(split)) {
    core::check_interrupt();
    append_codes(open_shard(directory_, shard), shard, field, categories, codes);
  }
  return codes;
}

nlohmann::json Store::ontology() const {
  return core::read_json(directory_ / kOntologyFile);
}

void Store::verify() const {
  for (const Split split : kSplits) {
    for (const Shard& shard : shards(split)) {
      core::check_interrupt();
      const fs::path file = directory_ / shard.file;
      if (core::sha256_of_file(file) == shard.sha256) continue;
      throw core::InputError({.file = file.string(),
                              .found = fmt::format("is damaged: its SHA-256 is not the one in {}", kManifestFile),
                              .next_step = kRestore});
    }
  }
}

void require_disjoint_donors(const Store& store) {
  constexpr int kUnseen = -1;
  const std::vector<std::string>& donors = store.tables().column(Field::kDonor);
  std::vector<int> split_of_donor(donors.size(), kUnseen);
  for (const Split split : kSplits) {
    for (const std::int32_t code : store.codes(split, Field::kDonor)) {
      if (code < 0) continue;
      int& seen = split_of_donor[static_cast<std::size_t>(code)];
      if (seen == kUnseen) seen = static_cast<int>(split);
      if (seen == static_cast<int>(split)) continue;
      throw core::InputError(
          {.file = store.directory().string(),
           .found =
               fmt::format("donor {} has cells in {} and in {}, so the model would be judged on people it has seen",
                           donors[static_cast<std::size_t>(code)], name(static_cast<Split>(seen)), name(split)),
           .expected = "each donor in one split",
           .next_step = kBuildAgain});
    }
  }
}

}  // namespace sctab::store
