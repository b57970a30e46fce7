#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sctab/published/import_folder.hpp"
#include "sctab/published/parquet_store.hpp"
#include "sctab/published/shard_plan.hpp"

namespace sctab::published {

/// The shards of all splits, in order, and what was counted on the way.
struct ImportedShards {
  std::array<std::vector<store::Shard>, store::kSplits.size()> shards;
  std::vector<std::int64_t> train_cells_per_type;  // by code
  std::int64_t n_written = 0, n_kept = 0;          // now; from an import that was interrupted
};

/// What the codes of the store's fields mean: a donor is a tech_sample, by which the authors split. cell_types: label
/// and id of each code.
store::CategoryTables category_tables(const ParquetStore& from, std::vector<store::CellTypeEntry> cell_types);

/// Writes every shard of the plan that is not finished yet, in memory of one row group a thread. layout: as store::
/// OrderedShard wants it. obs gets, beside the store's own columns (source_row is soma_joinid), donor_id,
/// development_stage, is_primary_data and idx. Throws core::Interrupted, which says what is finished.
ImportedShards import_shards(const ParquetStore& from, const std::vector<ShardJob>& jobs,
                             const store::ShardLayout& layout, const ImportFolder& folder, int threads);

}  // namespace sctab::published
