#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sctab/formats/h5ad/writer.hpp"
#include "sctab/store/shard_writer.hpp"

namespace sctab::store {

/// The obs of a shard's cells, which have positions [begin, end) in some order.
class ObsColumns {
 public:
  ObsColumns(CellIndex begin, CellIndex end);
  void set(CellIndex position, const CellObs& obs);
  /// As a shard has them. Leaves this empty.
  std::vector<formats::Column> take_columns(const CategoryTables& tables);

 private:
  CellIndex begin_;
  std::array<std::vector<std::int32_t>, kNumFields> codes_;
  formats::Integers source_rows_;
};

/// "train-00000.h5ad".
std::string shard_file_name(const ShardPlace& place);

/// How the X of a shard is written.
h5ad::WriteOptions write_options(const ShardLayout& layout, core::ThreadPool* pool);

/// obs, whose index is the loader's row ("train-0", "train-1" …), and var. obs: the columns of the cells of the place.
void write_tables(h5ad::Writer& writer, const ShardPlace& place, const std::vector<formats::Column>& obs,
                  const genes::GeneList& genes);

}  // namespace sctab::store
