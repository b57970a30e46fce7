#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/file_descriptor.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/formats/csv/table_rows.hpp"
#include "sctab/formats/streams/read_ahead.hpp"

namespace sctab::csv {
namespace {

constexpr std::int64_t kPieceBytes = 1 << 20;                // read at a time; a row if that is longer
constexpr std::size_t kMostRawBytes = std::size_t{1} << 24;  // that a claim leaves unparsed

/// Rows of a plain file, each read where it is.
class PlainCellRows final : public formats::RowReader {
 public:
  explicit PlainCellRows(std::shared_ptr<const Table> table)
      : table_(std::move(table)), scanner_(table_->form.scanner()), file_(core::open_input(table_->path)) {
    if (core::identity_of(file_, table_->path) != table_->identity) core::refuse_changed(table_->path);
  }

  Work claim(core::CellIndex max_cells) override {
    SCTAB_ASSERT(max_cells > 0);
    core::check_interrupt();
    const std::int64_t begin = next_row_;
    next_row_ = std::min(table_->index.n_rows, begin + max_cells);
    if (begin == next_row_) return {};
    return [this, begin, end = next_row_](sparse::CsrMatrix& block) { read(begin, end, block); };
  }

 private:
  [[nodiscard]] std::int64_t row_begin(std::int64_t row) const {
    return table_->index.row_begin[static_cast<std::size_t>(row)];
  }

  void read(std::int64_t begin, std::int64_t end, sparse::CsrMatrix& block) const {
    block.clear(scanner_.n_values());
    std::vector<char> piece;
    RowScanner::Values values;
    while (begin < end) {
      core::check_interrupt();
      std::int64_t piece_end = begin + 1;
      while (piece_end < end && row_begin(piece_end + 1) - row_begin(begin) <= kPieceBytes) ++piece_end;
      const auto n_bytes = static_cast<std::size_t>(row_begin(piece_end) - row_begin(begin));
      piece.resize(n_bytes + 1);
      piece[n_bytes] = '\n';
      read_piece(row_begin(begin), std::span(piece).first(n_bytes));
      for (std::int64_t row = begin; row < piece_end; ++row) {
        const auto from = static_cast<std::size_t>(row_begin(row) - row_begin(begin));
        const auto to = static_cast<std::size_t>(row_begin(row + 1) - row_begin(begin));
        append(row, std::string_view(piece.data() + from, to - from), values, block);
      }
      begin = piece_end;
    }
  }

  void read_piece(std::int64_t offset, std::span<char> out) const {
    const int error = core::read_at(file_.get(), offset, std::as_writable_bytes(out));
    if (error == core::kFileEnds) core::refuse_changed(table_->path);
    if (error == 0) return;
    throw core::InputError(
        {.file = table_->path.string(), .found = fmt::format("cannot be read: {}", std::strerror(error))});
  }

  void append(std::int64_t row, std::string_view line, RowScanner::Values& values, sparse::CsrMatrix& block) const {
    if (line.ends_with('\n')) {
      line.remove_suffix(1);
    } else if (row + 1 < table_->index.n_rows) {
      core::refuse_changed(table_->path);
    }
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (auto bad = scanner_.scan(line, values)) throw table_->form.error(table_->path, table_->line_of(row), *bad);
    block.append_row(values.row_numbers(), values.row_values());
  }

  std::shared_ptr<const Table> table_;
  RowScanner scanner_;
  core::FileDescriptor file_;
  std::int64_t next_row_ = 0;
};

/// Rows of a compressed file. A claim takes their text, and parses what there is no room for.
class StreamedCellRows final : public formats::RowReader {
 public:
  explicit StreamedCellRows(std::shared_ptr<const Table> table)
      : table_(std::move(table)), scanner_(table_->form.scanner()), stream_(*table_) {}

  Work claim(core::CellIndex max_cells) override {
    SCTAB_ASSERT(max_cells > 0);
    core::check_interrupt();
    auto claimed = std::make_shared<Claimed>();
    claimed->rest.first_row = n_claimed_;
    claimed->parsed.clear(scanner_.n_values());
    const auto longest = static_cast<std::size_t>(table_->index.longest_row) + 1;
    claimed->rest.text.reserve(std::min(kMostRawBytes + longest,
                                        longest * static_cast<std::size_t>(std::min(max_cells, table_->index.n_rows))));
    std::string_view line;
    core::CellIndex n = 0;
    for (; n < max_cells && stream_.next(line); ++n) {
      claimed->rest.add(line);
      if (claimed->rest.n_bytes() < kMostRawBytes) continue;
      append_rows(*table_, scanner_, claimed->rest, claimed->parsed);
      claimed->rest.pass();
    }
    n_claimed_ += n;
    if (n == 0) return {};
    return [this, claimed = std::move(claimed)](sparse::CsrMatrix& block) {
      std::swap(block, claimed->parsed);
      append_rows(*table_, scanner_, claimed->rest, block);
    };
  }

 private:
  struct Claimed {
    sparse::CsrMatrix parsed;  // the first rows
    RawRows rest;
  };

  std::shared_ptr<const Table> table_;
  RowScanner scanner_;
  RowStream stream_;
  std::int64_t n_claimed_ = 0;
};

}  // namespace

RowStream::RowStream(const Table& table)
    : table_(table),
      stream_(std::make_unique<streams::ReadAhead>(streams::open_stream(table.path))),
      reader_(*stream_, line_options()) {
  if (stream_->identity() != table_.identity) core::refuse_changed(table_.path);
  std::string_view line;
  while (reader_.line_number() + 1 < table_.form.first_row_line && reader_.next(line)) continue;
}

bool RowStream::next(std::string_view& line) {
  if (n_rows_ == table_.index.n_rows) return false;
  if (!reader_.next(line)) core::refuse_changed(table_.path);
  ++n_rows_;
  return true;
}

void RawRows::add(std::string_view line) {
  text += line;
  row_ends.push_back(text.size());
  text += '\n';
}

void RawRows::pass() {
  first_row += size();
  text.clear();
  row_ends.clear();
}

void append_rows(const Table& table, const RowScanner& scanner, const RawRows& rows, sparse::CsrMatrix& block) {
  RowScanner::Values values;
  std::size_t begin = 0;
  std::int64_t row = rows.first_row;
  for (const std::size_t end : rows.row_ends) {
    const std::string_view line = std::string_view(rows.text).substr(begin, end - begin);
    if (auto bad = scanner.scan(line, values)) throw table.form.error(table.path, table.line_of(row), *bad);
    block.append_row(values.row_numbers(), values.row_values());
    begin = end + 1;
    ++row;
  }
}

std::unique_ptr<formats::RowReader> make_cell_rows(std::shared_ptr<const Table> table) {
  if (table->is_compressed) return std::make_unique<StreamedCellRows>(std::move(table));
  return std::make_unique<PlainCellRows>(std::move(table));
}

}  // namespace sctab::csv
