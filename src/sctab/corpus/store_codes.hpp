#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sctab/corpus/cell_table.hpp"
#include "sctab/ontology/ontology.hpp"
#include "sctab/store/store.hpp"
#include "sctab/store/writer.hpp"

namespace sctab::corpus {

/// The category tables of a store, holding what its kept cells use, and the cells' codes in them. Cell types are in the
/// order of their CL ids and all else is sorted by text, so that the order of the sources does not matter. A cell
/// without a donor has the donor "unknown".
class StoreCodes {
 public:
  StoreCodes(const CellTable& cells, const ontology::Ontology& ontology);

  [[nodiscard]] const store::CategoryTables& tables() const { return tables_; }
  /// row: the cell's row in its source.
  [[nodiscard]] store::CellObs obs(const CellTable& cells, std::size_t cell, CellIndex row) const;
  /// Terms of the cell types, in their order.
  [[nodiscard]] const std::vector<ontology::TermIndex>& terms() const { return terms_; }

 private:
  store::CategoryTables tables_;
  std::vector<ontology::TermIndex> terms_;
  /// Store code of each table code + 1; position 0 is that of -1.
  std::array<std::vector<std::int32_t>, store::kNumFields> store_code_;
};

}  // namespace sctab::corpus
