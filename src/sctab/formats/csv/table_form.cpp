#include "sctab/formats/csv/table_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/text_file.hpp"
#include "sctab/formats/csv/name_shapes.hpp"

namespace sctab::csv {
namespace {

constexpr std::string_view kExpected = "a table of counts as text, with names of genes and cells";
constexpr std::int64_t kMostLineBytes = std::int64_t{1} << 28;
constexpr std::size_t kMostHeadLines = 60, kMostHeadBytes = 16'000'000;
constexpr std::size_t kMostHeaders = 8;
/// Columns of text are looked for so near to the edges of a table: elsewhere text is an error in a number.
constexpr std::int32_t kEdge = 64;

struct Line {
  std::int64_t number = 0;  // counted from 1
  std::string text;
};

/// The first lines without blank ones; comments apart.
struct Head {
  std::vector<Line> comments, lines;
};

Head read_head(streams::LineReader& reader, const std::filesystem::path& path) {
  Head head;
  std::size_t n_bytes = 0;
  std::string_view line;
  while (head.lines.size() < kMostHeadLines && (n_bytes < kMostHeadBytes || head.lines.size() < 3) &&
         reader.next(line)) {
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    if (!core::is_utf8(line)) throw reader.error({.found = "is not UTF-8 text", .expected = std::string(kExpected)});
    if (line.find('\r') != std::string_view::npos) {
      throw reader.error(
          {.found = "ends lines in CR alone", .next_step = "save the table again with line ends of Unix"});
    }
    n_bytes += line.size();
    const bool is_comment = head.lines.empty() && line.starts_with('#');
    if (is_comment && head.comments.size() == kMostHeadLines) head.comments.erase(head.comments.begin());
    (is_comment ? head.comments : head.lines).push_back({reader.line_number(), std::string(line)});
  }
  if (head.lines.empty()) {
    throw core::InputError({.file = path.string(), .found = "is empty", .expected = std::string(kExpected)});
  }
  return head;
}

Separator separator_of(const Head& head, const std::filesystem::path& path) {
  const std::string& titles = head.lines[0].text;
  if (head.lines.size() < 2) {
    throw core::InputError(
        {.file = path.string(), .found = "has one line, and no rows below it", .expected = std::string(kExpected)});
  }
  const std::string& row = head.lines[1].text;
  const FoundSeparator found = find_separator(titles, row);
  if (found.fits) return found.separator;
  for (const Line& line : {head.lines[0], head.lines[1]}) {
    std::string_view problem;
    (void)fields_of(line.text, found.separator, &problem);
    if (problem.empty()) continue;
    throw core::InputError({.file = path.string(), .line = line.number, .found = std::string(problem)});
  }
  if (found.n_fields < 2) {
    throw core::InputError({.file = path.string(),
                            .line = head.lines[1].number,
                            .found = "has a single field",
                            .expected = "fields between commas, tabs, semicolons or blanks"});
  }
  throw core::InputError(
      {.file = path.string(),
       .line = head.lines[1].number,
       .found = fmt::format("{} between {}", core::plural(found.n_fields, "field"), describe(found.separator)),
       .expected = fmt::format("{}, as in the first line, or one more",
                               core::format_count(count_fields(titles, found.separator))),
       .next_step = "check that the file is complete"});
}

/// Numbers only, some of them more than once: no names of columns. The first field may be anything.
bool looks_like_row(const formats::Strings& fields) {
  std::set<std::string_view> seen;
  bool repeats = false;
  for (std::size_t i = 1; i < fields.size(); ++i) {
    if (kind_of(fields[i]) == FieldKind::kText) return false;
    repeats = !seen.insert(fields[i]).second || repeats;
  }
  return repeats;
}

/// Whether a line has text where a row has numbers.
bool is_header(const formats::Strings& fields, const formats::Strings& row) {
  std::size_t n_numbers = 0, n_texts = 0;
  for (std::size_t i = 1; i < std::min(fields.size(), row.size()); ++i) {
    if (kind_of(row[i]) != FieldKind::kNumber) continue;
    ++n_numbers;
    if (kind_of(fields[i]) == FieldKind::kText) ++n_texts;
  }
  return 2 * n_texts > n_numbers;
}

class FormFinder {
 public:
  FormFinder(Head head, const std::filesystem::path& path) : path_(path), head_(std::move(head)) {
    form_.separator = separator_of(head_, path_);
  }

  TableForm find() {
    const std::int64_t n_columns = count_fields(head_.lines[1].text, form_.separator);
    core::require_memory(n_columns, 4 * sizeof(std::string),
                         {.file = path_.string(), .found = core::plural(n_columns, "column")});
    form_.n_columns = core::narrow<std::int32_t>(n_columns);
    find_headers();
    look_at_rows();
    find_labels();
    return std::move(form_);
  }

 private:
  [[nodiscard]] formats::Strings fields(const Line& line) const { return fields_of(line.text, form_.separator); }

  void find_headers() {
    std::size_t next = 0;
    formats::Strings first = fields(head_.lines[0]);
    if (looks_like_row(first)) {
      if (head_.comments.empty()) refuse_without_titles();
      first = fields_of(std::string_view(head_.comments.back().text).substr(1), form_.separator);
      if (!fit(std::ssize(first), form_.n_columns)) refuse_without_titles();
    } else {
      next = 1;
    }
    add_header(std::move(first));
    const formats::Strings last_row = fields(head_.lines.back());
    while (next + 1 < head_.lines.size() && form_.headers.size() < kMostHeaders) {
      formats::Strings more = fields(head_.lines[next]);
      if (!fit(std::ssize(more), form_.n_columns) || !is_header(more, last_row)) break;
      add_header(std::move(more));
      ++next;
    }
    form_.first_row_line = head_.lines[next].number;
    head_.lines.erase(head_.lines.begin(), head_.lines.begin() + static_cast<std::ptrdiff_t>(next));
  }

  void add_header(formats::Strings names) {
    if (std::ssize(names) < form_.n_columns) names.insert(names.begin(), std::string());
    form_.headers.push_back(std::move(names));
  }

  [[noreturn]] void refuse_without_titles() const {
    throw core::InputError({.file = path_.string(),
                            .line = head_.lines[0].number,
                            .found = "holds numbers, not names of columns",
                            .next_step = "add a first line with the names of the genes or of the cells, and a first "
                                         "column with those of the others"});
  }

  /// Which columns hold text, in the rows of the head.
  void look_at_rows() {
    const auto n = static_cast<std::size_t>(form_.n_columns);
    has_text_.assign(n, false);
    std::vector<bool> has_number(n, false);
    for (const Line& line : head_.lines) {
      FieldCursor cursor(line.text, form_.separator);
      std::string_view field;
      for (std::size_t i = 0; i < n && cursor.next(field); ++i) {
        if (field.size() == 1 && field.front() >= '0' && field.front() <= '9') {
          has_number[i] = true;
          continue;
        }
        const FieldKind kind = kind_of(text_of(field));
        if (kind == FieldKind::kText) has_text_[i] = true;
        if (kind == FieldKind::kNumber || kind == FieldKind::kOddNumber) has_number[i] = true;
      }
    }
    for (std::size_t i = 0; i < n; ++i) has_text_[i] = has_text_[i] || !has_number[i];
    for (std::int32_t i = kEdge; i < form_.n_columns - kEdge; ++i) has_text_[static_cast<std::size_t>(i)] = false;
  }

  /// The longest run of columns without text is the matrix.
  [[nodiscard]] std::pair<std::int32_t, std::int32_t> longest_run() const {
    std::pair<std::int32_t, std::int32_t> longest{0, 0};
    std::int32_t begin = is_names() ? 1 : 0;
    for (std::int32_t i = begin; i <= form_.n_columns; ++i) {
      if (i < form_.n_columns && !has_text_[static_cast<std::size_t>(i)]) continue;
      if (i - begin > longest.second - longest.first) longest = {begin, i};
      begin = i + 1;
    }
    return longest;
  }

  [[nodiscard]] bool is_names() const { return has_text_[0] || is_title_of_names(form_.titles()[0]); }

  void find_labels() {
    const auto [begin, end] = longest_run();
    using Reason = LabelColumn::Reason;
    for (std::int32_t i = 0; i < form_.n_columns; ++i) {
      const std::string& title = form_.titles()[static_cast<std::size_t>(i)];
      const bool near_edge = i < kEdge || i >= form_.n_columns - kEdge;
      if (i == 0 && is_names()) {
        form_.labels.push_back({i, Reason::kNames});
      } else if (has_text_[static_cast<std::size_t>(i)]) {
        form_.labels.push_back({i, Reason::kText});
      } else if (is_cell_measure(title) || (near_edge && is_gene_measure(title))) {
        form_.labels.push_back({i, Reason::kMeasure});
      } else if ((i < begin || i >= end) && near_edge && !is_surely_gene(title)) {
        form_.labels.push_back({i, Reason::kBetween});
      }
    }
    if (std::ssize(form_.labels) < form_.n_columns) return;
    throw core::InputError({.file = path_.string(),
                            .line = head_.lines.front().number,
                            .found = "has no column of numbers",
                            .expected = std::string(kExpected),
                            .next_step = "if its decimals have commas, write them with points"});
  }

  const std::filesystem::path& path_;
  Head head_;  // from the first row on, once the headers are found
  TableForm form_;
  std::vector<bool> has_text_;
};

}  // namespace

streams::LineOptions line_options() {
  return {.expected = std::string(kExpected),
          .most_bytes = static_cast<std::size_t>(std::min(kMostLineBytes, core::memory_budget() / 8))};
}

TableForm find_form(streams::ByteStream& stream) {
  streams::LineReader reader(stream, line_options());
  return FormFinder(read_head(reader, stream.path()), stream.path()).find();
}

bool looks_like_table(const std::filesystem::path& path) {
  try {
    (void)find_form(*streams::open_stream(path));
    return true;
  } catch (const core::InputError&) {
    return false;
  }
}

std::vector<std::int32_t> TableForm::value_columns() const {
  std::vector<std::int32_t> columns;
  auto label = labels.begin();
  for (std::int32_t i = 0; i < n_columns; ++i) {
    if (label != labels.end() && label->column == i) {
      ++label;
    } else {
      columns.push_back(i);
    }
  }
  return columns;
}

RowScanner TableForm::scanner() const {
  std::vector<ColumnRun> runs;
  std::int32_t next = 0, n_values = 0;
  const auto add_values_to = [&](std::int32_t end) {
    if (end > next) runs.push_back({end - next, n_values, false});
    n_values += end - next;
    next = end;
  };
  for (const LabelColumn& label : labels) {
    add_values_to(label.column);
    runs.push_back({1, 0, true});
    next = label.column + 1;
  }
  add_values_to(n_columns);
  return {separator, std::move(runs)};
}

core::InputError TableForm::error(const std::filesystem::path& path, std::int64_t line, const BadField& bad) const {
  core::Problem problem{.file = path.string(), .line = line};
  if (bad.column >= 0) {
    const std::string& title = titles()[static_cast<std::size_t>(std::min<std::int64_t>(bad.column, n_columns - 1))];
    problem.subject = fmt::format("column {}{}", bad.column + 1, title.empty() ? "" : fmt::format(" ({})", title));
  }
  problem.found = bad.found;
  problem.expected = bad.expected;
  problem.next_step = bad.next_step;
  return core::InputError(std::move(problem));
}

}  // namespace sctab::csv
