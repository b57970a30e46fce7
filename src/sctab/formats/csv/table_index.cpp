#include "sctab/formats/csv/table_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/text_file.hpp"
#include "sctab/formats/csv/category_builder.hpp"

namespace sctab::csv {
namespace {

class Indexer {
 public:
  Indexer(streams::ByteStream& stream, const TableForm& form)
      : stream_(stream),
        form_(form),
        reader_(stream, line_options()),
        scanner_(form.scanner()),
        builders_(form.labels.empty() ? 0 : form.labels.size() - 1) {}

  TableIndex run() {
    std::string_view line;
    while (reader_.line_number() + 1 < form_.first_row_line && reader_.next(line)) continue;
    std::int64_t begin = reader_.offset(), blank_line = 0;
    while (reader_.next(line)) {
      if (line.find_first_not_of(" \t") == std::string_view::npos) {
        if (blank_line == 0) blank_line = reader_.line_number();
        continue;
      }
      if (blank_line != 0) refuse_blank_line(blank_line);
      add_row(line, begin);
      begin = reader_.offset();
    }
    if (!stream_.is_compressed()) index_.row_begin.push_back(begin);
    for (CategoryBuilder& builder : builders_) index_.more.push_back(builder.take());
    return std::move(index_);
  }

 private:
  void add_row(std::string_view line, std::int64_t begin) {
    constexpr std::int64_t kRowsBetweenChecks = 1024;
    if (index_.n_rows % kRowsBetweenChecks == 0) core::check_interrupt();
    if (!stream_.is_compressed()) index_.row_begin.push_back(begin);
    add_bytes(4 * sizeof(std::int64_t));
    index_.longest_row = std::max(index_.longest_row, std::ssize(line));
    if (!form_.labels.empty()) add_labels(line);
    if (index_.n_rows == next_sampled_) look_into(line);
    ++index_.n_rows;
  }

  void add_labels(std::string_view line) {
    FieldCursor cursor(line, form_.separator);
    std::string_view field;
    std::int32_t column = 0;
    for (std::size_t i = 0; i < form_.labels.size(); ++i) {
      const std::int32_t wanted = form_.labels[i].column;
      bool found = cursor.next(field);
      for (; found && column < wanted; ++column) found = cursor.next(field);
      if (!found) refuse_short_row(line, cursor.problem());
      ++column;
      std::string text = text_of(field);
      if (!core::is_utf8(text)) {
        throw form_.error(stream_.path(), reader_.line_number(), {wanted, "is not UTF-8 text", {}, {}});
      }
      const std::size_t n_bytes = text.size() + sizeof(std::string);
      if (i == 0) {
        index_.names.push_back(std::move(text));
        add_bytes(2 * n_bytes);
      } else if (builders_[i - 1].add(std::move(text))) {
        add_bytes(3 * n_bytes);
      } else {
        add_bytes(2 * sizeof(std::int32_t));
      }
    }
  }

  /// Rows 0 to 20, and then each at a tenth more than the one before.
  void look_into(std::string_view line) {
    constexpr std::int64_t kFirst = 20, kPart = 10;
    next_sampled_ += std::max<std::int64_t>(1, next_sampled_ < kFirst ? 1 : next_sampled_ / kPart);
    if (auto bad = scanner_.scan(line, row_)) throw form_.error(stream_.path(), reader_.line_number(), *bad);
    index_.values.add(row_.row_values());
  }

  [[noreturn]] void refuse_short_row(std::string_view line, std::string_view problem) const {
    if (!problem.empty()) throw reader_.error({.found = std::string(problem)});
    throw reader_.error({.found = core::plural(count_fields(line, form_.separator), "field"),
                         .expected = fmt::format("{}, as in the lines above", core::format_count(form_.n_columns)),
                         .next_step = "check that the file is complete"});
  }

  [[noreturn]] void refuse_blank_line(std::int64_t line) const {
    throw core::InputError({.file = stream_.path().string(),
                            .line = line,
                            .found = "is empty, with rows below it",
                            .next_step = "check that the file is complete, and remove the line"});
  }

  void add_bytes(std::size_t n) {
    n_bytes_ += static_cast<std::int64_t>(n);
    if (n_bytes_ < next_check_) return;
    core::require_memory(n_bytes_, 1,
                         {.file = stream_.path().string(),
                          .found = fmt::format("has names of more than {}", core::plural(index_.n_rows, "row"))});
    next_check_ = n_bytes_ + n_bytes_ / 4;
  }

  streams::ByteStream& stream_;
  const TableForm& form_;
  streams::LineReader reader_;
  RowScanner scanner_;
  RowScanner::Values row_;
  std::vector<CategoryBuilder> builders_;
  TableIndex index_;
  std::int64_t next_sampled_ = 0;
  std::int64_t n_bytes_ = 0, next_check_ = 1'000'000;
};

}  // namespace

TableIndex index_table(streams::ByteStream& stream, const TableForm& form) {
  return Indexer(stream, form).run();
}

}  // namespace sctab::csv
