#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sctab/corpus/code_column.hpp"
#include "sctab/corpus/dictionary.hpp"
#include "sctab/store/obs_columns.hpp"
#include "sctab/store/store.hpp"

namespace sctab::corpus {

using core::CellIndex;
using store::Field;

/// What a missing assay, tissue or disease is called, and the donor of a cell without one.
inline constexpr std::string_view kUnknown = store::kUnknownValue;

/// The obs of all cells of a corpus as codes, 9 bytes a cell and up (12 in a corpus of some thousand donors): tens of
/// millions of cells fit in memory where their texts would not.
struct CellTable {
  /// Codes into `names`; -1 only for a cell without a label or without a donor.
  std::array<CodeColumn, store::kNumFields> codes;
  /// What the codes mean; cell types by CL id.
  std::array<Dictionary, store::kNumFields> names;
  std::vector<std::uint8_t> primary;  // is_primary_data
  std::vector<std::uint8_t> kept;     // curation clears it

  [[nodiscard]] std::size_t size() const { return kept.size(); }
  [[nodiscard]] CodeColumn& column(Field field) { return codes[static_cast<std::size_t>(field)]; }
  [[nodiscard]] const CodeColumn& column(Field field) const { return codes[static_cast<std::size_t>(field)]; }
  [[nodiscard]] Dictionary& dictionary(Field field) { return names[static_cast<std::size_t>(field)]; }
  [[nodiscard]] const Dictionary& dictionary(Field field) const { return names[static_cast<std::size_t>(field)]; }
  [[nodiscard]] std::int64_t bytes() const {
    std::size_t sum = primary.size() + kept.size();
    for (const CodeColumn& column : codes) sum += column.bytes();
    return static_cast<std::int64_t>(sum);
  }
};

}  // namespace sctab::corpus
