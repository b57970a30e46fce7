#pragma once

#include <filesystem>
#include <memory>

#include "sctab/core/input_file.hpp"
#include "sctab/formats/cell_source.hpp"
#include "sctab/formats/csv/table_form.hpp"
#include "sctab/formats/csv/table_index.hpp"
#include "sctab/formats/streams/line_reader.hpp"

namespace sctab::csv {

/// A table that was looked through.
struct Table {
  std::filesystem::path path;
  core::FileIdentity identity;
  bool is_compressed = false;
  TableForm form;
  TableIndex index;

  /// Line `row` of the rows, counted from 0, in the file.
  [[nodiscard]] std::int64_t line_of(std::int64_t row) const { return form.first_row_line + row; }
};

/// Rows of a table in order, from its stream.
class RowStream {
 public:
  /// The table is used as long as this lives.
  explicit RowStream(const Table& table);
  /// Takes the next row; the line stays as it is until the next call. A byte of memory follows it that is no part of a
  /// number. Throws InputError where the file has another number of rows than it had before. False at the end.
  bool next(std::string_view& line);

 private:
  const Table& table_;
  std::unique_ptr<streams::ByteStream> stream_;
  streams::LineReader reader_;
  std::int64_t n_rows_ = 0;
};

/// Rows of text, parsed one after the other.
struct RawRows {
  std::string text;                   // each row, and a line end
  std::vector<std::size_t> row_ends;  // in text: of each, before its line end
  std::int64_t first_row = 0;         // of the table, counted from 0

  [[nodiscard]] std::int64_t size() const { return std::ssize(row_ends); }
  [[nodiscard]] std::size_t n_bytes() const { return text.size(); }
  void add(std::string_view line);
  /// Forgets the rows; the next one follows them.
  void pass();
};
/// Scans rows, and appends each to the block. Throws InputError naming file, line and column.
void append_rows(const Table& table, const RowScanner& scanner, const RawRows& rows, sparse::CsrMatrix& block);

/// One cell a line: a plain file is read by all threads that do the work, wherever they are; the bytes of a compressed
/// one by a thread of their own.
std::unique_ptr<formats::RowReader> make_cell_rows(std::shared_ptr<const Table> table);
/// One gene a line: the values go to a temporary file first, gene by gene.
std::unique_ptr<formats::RowReader> make_gene_rows(std::shared_ptr<const Table> table,
                                                   const formats::ReadOptions& options);

}  // namespace sctab::csv
