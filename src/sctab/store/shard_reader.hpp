#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "sctab/store/chunk_map.hpp"

namespace sctab::store {

/// Raw counts of some cells, in the value type of their store. The buffers only grow, so that reuse costs nothing:
/// indptr.back() says how much of them is in use.
struct RowBlock {
  ValueType values = ValueType::kUint16;
  std::vector<std::int64_t> indptr{0};
  std::vector<GeneIndex> indices;
  std::vector<std::uint16_t> integers;  // the counts where `values` is kUint16
  std::vector<float> reals;             // the counts where it is kFloat32

  void clear() { indptr.assign(1, 0); }
  [[nodiscard]] CellIndex n_cells() const { return static_cast<CellIndex>(indptr.size()) - 1; }
};

/// A shard read without HDF5. Immutable: threads may share it.
class ShardReader {
 public:
  /// Throws InputError naming the shard where it is not what store.json says.
  ShardReader(std::filesystem::path path, CellIndex n_cells, GeneIndex n_genes, ValueType values);

  [[nodiscard]] CellIndex n_cells() const { return static_cast<CellIndex>(map_.indptr.size()) - 1; }
  /// Appends cells [begin, end) to the block. Throws InputError naming the shard where it is damaged.
  void read(CellIndex begin, CellIndex end, RowBlock& block) const;

 private:
  void check_genes(CellIndex begin, std::span<const std::int64_t> indptr, const GeneIndex* indices) const;

  std::filesystem::path path_;
  GeneIndex n_genes_;
  ValueType values_;
  ShardMap map_;
};

}  // namespace sctab::store
