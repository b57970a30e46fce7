#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/parquet/parquet.hpp"
#include "sctab/genes/genes.hpp"
#include "sctab/store/store.hpp"

namespace sctab::published {

using core::CellIndex;

/// The columns of the authors' store that hold codes: positions in categorical_lookup/<column>.parquet; -1 = none,
/// which donors and stages may be.
enum class Coded : std::uint8_t {
  kDataset,
  kDonor,
  kAssay,
  kCellType,
  kDevelopmentStage,
  kDisease,
  kTissue,
  kTissueGeneral,
  kTechSample,  // a donor of a dataset: what the authors split by
};
inline constexpr std::size_t kNumCoded = 9;
/// "dataset_id", "donor_id", …, "tech_sample".
std::string_view name(Coded column);

/// A file as it was when it was listed: another under its name differs in one of these.
struct FileState {
  std::int64_t bytes = 0;
  std::int64_t modified = 0;  // nanoseconds since 1970
  bool operator==(const FileState&) const = default;
};

/// One part.N.parquet.
struct Part {
  std::filesystem::path file;
  CellIndex first = 0;  // position of its first cell in the split
  CellIndex n_cells = 0;
  FileState state;
};

/// The store that the authors published, as its files say: {train,val,test}/part.N.parquet of log-normalised cells,
/// var.parquet, categorical_lookup/*.parquet.
struct ParquetStore {
  std::filesystem::path directory;
  genes::GeneList genes;                                       // in the order of X
  std::array<std::vector<std::string>, kNumCoded> lookups;     // what the codes mean
  std::array<std::vector<Part>, store::kSplits.size()> parts;  // in the order of their cells
  std::array<bool, store::kSplits.size()> complete{};  // its _metadata says so; where there is none, nobody knows

  [[nodiscard]] const std::vector<std::string>& lookup(Coded column) const {
    return lookups[static_cast<std::size_t>(column)];
  }
  [[nodiscard]] CellIndex n_cells(store::Split split) const;
};

/// The columns of a part, in the order in which PartReader reads them: X, soma_joinid, idx, is_primary_data, and the
/// coded ones. Further columns are ignored.
const std::vector<parquet::Column>& part_columns();

/// Reads all of it but the cells. Throws InputError naming the file where one is missing, is no Parquet, lacks a column
/// or has one of another type, where a lookup names a value twice, where a part is missing between others, and where
/// the parts of a split do not have the cells that its _metadata announces.
ParquetStore open_parquet_store(const std::filesystem::path& directory, int threads);

/// Reads the tech_sample of all cells. Throws InputError naming one that stands in two splits: a model would be judged
/// on people it has seen, and no store of ours may be so.
void require_disjoint_donors(const ParquetStore& store, int threads);

}  // namespace sctab::published
