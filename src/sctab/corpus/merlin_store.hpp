#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/parquet/parquet.hpp"
#include "sctab/genes/genes.hpp"
#include "sctab/sparse/csr.hpp"
#include "sctab/store/store.hpp"

namespace sctab::corpus {

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
FileState state_of(const std::filesystem::path& file);

/// One part.N.parquet.
struct Part {
  std::filesystem::path file;
  CellIndex first = 0;  // position of its first cell in the split
  CellIndex n_cells = 0;
  FileState state;
};

/// The Parquet store for NVIDIA's Merlin loader that scTab's authors published, as its files describe it:
/// {train,val,test}/part.N.parquet of log-normalised cells, var.parquet, categorical_lookup/*.parquet.
struct MerlinStore {
  std::filesystem::path directory;
  genes::GeneList genes;                                       // in the order of X
  std::array<std::vector<std::string>, kNumCoded> lookups;     // what the codes mean
  std::array<std::vector<Part>, store::kSplits.size()> parts;  // in the order of their cells
  std::array<bool, store::kSplits.size()> complete{};          // as its _metadata says; without one nobody knows

  [[nodiscard]] const std::vector<std::string>& lookup(Coded column) const {
    return lookups[static_cast<std::size_t>(column)];
  }
  [[nodiscard]] CellIndex n_cells(store::Split split) const;
};

/// The columns of a part, in the order in which PartReader reads them: X, soma_joinid, idx, is_primary_data, and the
/// coded ones. Further columns are ignored.
const std::vector<parquet::Column>& part_columns();

/// Reads all of it but the cells. Throws InputError naming the file where one is missing, is not Parquet, lacks a
/// column or has one of another type, where a lookup names a value twice, where a part is missing between others, and
/// where the parts of a split do not have the cells that its _metadata announces.
MerlinStore open_merlin_store(const std::filesystem::path& directory, int threads);

/// Reads the tech_sample of all cells. Throws InputError naming one that is in two splits: a model would be judged on
/// people it has seen, which no store of ours allows.
void require_disjoint_donors(const MerlinStore& store, int threads);

/// Cells of a part that are in memory together, in their order.
struct CellBlock {
  sparse::CsrMatrix cells;  // n × n_genes, log-normalised
  std::vector<std::int64_t> soma_joinid, idx;
  std::vector<std::uint8_t> is_primary;                    // 0 or 1
  std::array<std::vector<std::int32_t>, kNumCoded> codes;  // -1: none
};

/// Reads the cells of one part, a row group at a time. One for each thread.
class PartReader {
 public:
  /// The store must outlive this.
  PartReader(const MerlinStore& store, const Part& part);

  /// The next cells; false at the end. Reuses the block's memory. Throws InputError naming file, row and column where X
  /// has another length than there are genes or holds what no log1p of counts scaled to 10,000 can be, a code is not in
  /// its lookup or missing where no cell may lack one, or idx is not the cell's position in its split: the part is then
  /// from another store.
  bool next(CellBlock& block);

 private:
  void read_codes(const parquet::Rows& rows, std::size_t column, CellBlock& block) const;
  void read_cell(std::span<const float> values, std::int64_t row, CellBlock& block) const;
  [[noreturn]] void refuse(std::int64_t row, core::Problem problem) const;

  const MerlinStore& store_;
  Part part_;
  parquet::Reader reader_;
  std::int64_t rows_read_ = 0;  // before the current ones
};

}  // namespace sctab::corpus
