#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/core/index.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/genes/genes.hpp"

namespace sctab::store {

using core::CellIndex;
using core::GeneIndex;
using core::TypeIndex;

/// The newest that this program reads. Stores of counts are written as version 1; version 2 says that the values of a
/// store are log-normalised, which programs that know no such stores must not normalise again.
inline constexpr int kFormatVersion = 2;

enum class Split : std::uint8_t { kTrain, kVal, kTest };
inline constexpr std::array kSplits = {Split::kTrain, Split::kVal, Split::kTest};
/// "train", "val", "test".
std::string_view name(Split split);
/// Throws InputError naming the three.
Split parse_split(std::string_view text);

/// The categorical obs columns of every shard, in this order.
enum class Field : std::uint8_t { kCellType, kDonor, kDataset, kAssay, kTissue, kTissueGeneral, kDisease };
inline constexpr std::array kFields = {Field::kCellType, Field::kDonor,         Field::kDataset, Field::kAssay,
                                       Field::kTissue,   Field::kTissueGeneral, Field::kDisease};
inline constexpr std::size_t kNumFields = kFields.size();
/// "cell_type", "donor", "dataset", "assay", "tissue", "tissue_general", "disease".
std::string_view name(Field field);

struct CellTypeEntry {
  std::string label;  // the ontology's name
  std::string id;     // CL:…
};

/// What each field's codes mean. Codes of kCellType index cell_types, all others their table. The labels and ids of
/// cell_types and the values of each table are distinct: they become categories of AnnData.
struct CategoryTables {
  std::vector<CellTypeEntry> cell_types;
  std::array<std::vector<std::string>, kNumFields> values;  // values[kCellType] is empty

  [[nodiscard]] const std::vector<std::string>& column(Field field) const {
    return values[static_cast<std::size_t>(field)];
  }
  [[nodiscard]] std::vector<std::string>& column(Field field) { return values[static_cast<std::size_t>(field)]; }
};

/// The obs of a split, column by column, in store order. Codes are -1 where missing (never those of kCellType).
/// source_row: the cell's row in its source (dataset).
struct ObsTable {
  std::array<std::vector<std::int32_t>, kNumFields> codes;
  std::vector<CellIndex> source_row;

  [[nodiscard]] CellIndex size() const { return static_cast<CellIndex>(source_row.size()); }
  [[nodiscard]] const std::vector<std::int32_t>& column(Field field) const {
    return codes[static_cast<std::size_t>(field)];
  }
};

/// How the values of a store are kept: uint16, or float32 if one is not an integer or above 65,535.
enum class ValueType : std::uint8_t { kUint16, kFloat32 };
/// "uint16", "float32".
std::string_view name(ValueType values);

/// What the values of a store are: raw counts, or log1p of counts scaled to sparse::kTargetCounts a cell, as stores are
/// that were published so. Loaders give both alike and normalise counts alone.
enum class Content : std::uint8_t { kCounts, kLogNormalised };
/// "counts", "log_normalised".
std::string_view name(Content content);

/// One shard file as store.json has it.
struct Shard {
  std::string file;  // "train-00000.h5ad"
  CellIndex n_cells = 0;
  std::int64_t bytes = 0;
  std::string sha256;
  core::FileIdentity identity{};  // as Store::open() found it; not in store.json
};

/// An opened store: store.json, gene list, tables. Opening checks the format version, that every shard is there with
/// the size that store.json gives, and proves that no donor is in two splits. Throws InputError naming what is
/// wrong.
class Store {
 public:
  static Store open(std::filesystem::path directory);

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  /// In the store's order (by mean expression, or as published); nothing may assume another.
  [[nodiscard]] const genes::GeneList& genes() const { return genes_; }
  [[nodiscard]] const CategoryTables& tables() const { return tables_; }
  [[nodiscard]] ValueType values() const { return values_; }
  [[nodiscard]] Content content() const { return content_; }
  [[nodiscard]] const std::vector<Shard>& shards(Split split) const { return shards_[static_cast<std::size_t>(split)]; }
  [[nodiscard]] CellIndex n_cells(Split split) const;
  [[nodiscard]] std::int64_t bytes() const;
  /// Reads the obs of a split from its shards. 40 bytes a cell.
  [[nodiscard]] ObsTable obs(Split split) const;
  /// One column of it: the codes of a field.
  [[nodiscard]] std::vector<std::int32_t> codes(Split split, Field field) const;
  /// The store's ontology.json: every ancestor edge that its labels need.
  [[nodiscard]] nlohmann::json ontology() const;
  /// How the store came to be, as the corpus wrote it: sources, options, what each curation rule removed.
  [[nodiscard]] const nlohmann::json& provenance() const { return provenance_; }
  /// Hash of store.json: names this store in models trained on it.
  [[nodiscard]] const std::string& hash() const { return hash_; }
  /// Reads every shard whole and compares its SHA-256. Throws InputError naming the damaged one.
  void verify() const;

 private:
  Store() = default;
  std::filesystem::path directory_;
  std::uint64_t seed_ = 0;
  ValueType values_ = ValueType::kUint16;
  Content content_ = Content::kCounts;
  genes::GeneList genes_;
  CategoryTables tables_;
  std::array<std::vector<Shard>, 3> shards_;
  nlohmann::json provenance_;
  std::string hash_;
};

/// Reads the donors of all cells. Throws InputError naming a donor that is in two splits; cells without a donor are
/// no donor.
void require_disjoint_donors(const Store& store);

}  // namespace sctab::store
