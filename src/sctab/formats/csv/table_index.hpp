#pragma once

#include <cstdint>
#include <vector>

#include "sctab/formats/csv/table_form.hpp"
#include "sctab/formats/dataframe.hpp"
#include "sctab/formats/streams/byte_stream.hpp"
#include "sctab/formats/value_summary.hpp"

namespace sctab::csv {

/// What one pass over a table finds.
struct TableIndex {
  std::int64_t n_rows = 0;
  std::int64_t longest_row = 0;  // bytes
  /// n_rows + 1 offsets in the file, the last behind the last row. Empty where the file is compressed.
  std::vector<std::int64_t> row_begin;
  formats::Strings names;                  // of the rows: the first label column; empty where there is none
  std::vector<formats::Categorical> more;  // the other label columns
  formats::ValueSummary values;            // of rows spread over the table
};

/// Reads a table from its first line on. Rows are not checked, but for those that are looked into: some 150, spread
/// over the table. Throws InputError naming file and line where rows are damaged, and where there is no room for the
/// labels.
TableIndex index_table(streams::ByteStream& stream, const TableForm& form);

}  // namespace sctab::csv
