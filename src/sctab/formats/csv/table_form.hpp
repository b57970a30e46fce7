#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/formats/csv/fields.hpp"
#include "sctab/formats/csv/row_scanner.hpp"
#include "sctab/formats/dataframe.hpp"
#include "sctab/formats/streams/byte_stream.hpp"
#include "sctab/formats/streams/line_reader.hpp"

namespace sctab::csv {

/// A column that is not part of the matrix, and why it is not.
struct LabelColumn {
  enum class Reason : std::uint8_t {
    kNames,    // the first: names of the rows
    kText,     // holds text
    kMeasure,  // holds numbers that are not counts, as its title says
    kBetween   // holds numbers, between columns of text and the edge
  };
  std::int32_t column = 0;  // counted from 0
  Reason reason = Reason::kText;
};

/// How a table is written, as its first lines show it.
struct TableForm {
  Separator separator = Separator::kComma;
  std::int32_t n_columns = 0;
  std::int64_t first_row_line = 0;  // where the rows begin, counted from 1
  /// The lines above the rows, n_columns texts each: the titles of the columns, and others where there are more. The
  /// first title is empty where the line of titles lacks it, as R writes it.
  std::vector<formats::Strings> headers;
  std::vector<LabelColumn> labels;  // ascending

  [[nodiscard]] const formats::Strings& titles() const { return headers.front(); }
  /// The columns of the matrix.
  [[nodiscard]] std::vector<std::int32_t> value_columns() const;
  [[nodiscard]] RowScanner scanner() const;
  /// The error for a bad row; line: counted from 1.
  [[nodiscard]] core::InputError error(const std::filesystem::path& path, std::int64_t line, const BadField& bad) const;
};

/// Lines of a table may be of this length: a million cells with names of 250 bytes.
streams::LineOptions line_options();

/// Finds the form of a table from its first lines, 50 rows or 16 MB. Lines in front that begin with '#' are comments.
/// Throws InputError naming file and line where there is no table of numbers with names.
TableForm find_form(streams::ByteStream& stream);

/// Whether the first lines of a file, plain or gzipped, look like a table with numbers. Throws nothing.
bool looks_like_table(const std::filesystem::path& path);

}  // namespace sctab::csv
