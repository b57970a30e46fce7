#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>

#include "sctab/genes/genes.hpp"
#include "sctab/sparse/csr.hpp"
#include "sctab/store/store.hpp"

namespace sctab::store {

struct WriterOptions {
  std::uint64_t seed = 1;  // of the cells' order
  Content content = Content::kCounts;
  CellIndex cells_per_shard = 131'072;
  CellIndex cells_per_chunk = 64;  // of data and indices, on average
  // Shards of more values are written as several: offsets are int32 on the disk. Lower only in tests.
  std::int64_t values_per_shard = std::numeric_limits<std::int32_t>::max();
  int gzip_level = 4;
  int threads = 0;  // 0: all
  std::int64_t memory_bytes = 4'000'000'000;
  bool resumable = false;  // resumes from the checkpoint in the folder, if any, and leaves its own there
  double seconds_between_checkpoints = 60;
  void validate() const;  // throws InputError naming the field
};

/// The obs of one cell. Codes are positions in the CategoryTables given to the writer.
struct CellObs {
  std::array<std::int32_t, kNumFields> codes{};
  CellIndex source_row = 0;
};

/// Writes a store in two passes, in bounded memory: add() scatters cells to compressed spools, one a shard, such that
/// each split's order is an exact uniform random permutation drawn from the seed; finish() permutes one shard at a time
/// in memory, reorders genes by mean expression over the training cells, and writes shards, tables and store.json.
class Writer {
 public:
  /// directory: an empty or new folder, the path() of a core::StagedOutput (its free space must hold the spools too).
  /// n_cells: cells of each split that will be added, known from the obs; the exact permutation needs it. With
  /// options.resumable the folder may hold a checkpoint of a Writer of the same arguments (which the caller makes sure
  /// of): the cells added before it are there already.
  Writer(std::filesystem::path directory, genes::GeneList genes, CategoryTables tables,
         std::array<CellIndex, 3> n_cells, WriterOptions options = {});
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// counts: the values that options.content says, over the gene list given, (n × n_genes), sorted, finite and >= 0;
  /// obs and splits: one a cell.
  void add(sparse::CsrView counts, std::span<const CellObs> obs, std::span<const Split> splits);
  /// With options.resumable, and if enough time has passed: puts on disk what was added so far, so that another Writer
  /// can resume from here. note: how far the caller has come.
  void checkpoint(const nlohmann::json& note);
  /// The note of the checkpoint that this resumed from; null if there was none.
  [[nodiscard]] const nlohmann::json& resumed_note() const;
  /// ontology: for ontology.json; provenance: kept in store.json as it is. Throws std::logic_error where the cells
  /// added are not the cells announced. With options.resumable checkpoints are made between shards too, and the
  /// last one stays: the caller removes it once the store is where it belongs.
  void finish(const nlohmann::json& ontology, const nlohmann::json& provenance);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sctab::store
