#include "sctab/formats/csv/table_source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <set>
#include <unordered_set>
#include <utility>

#include "sctab/core/alternatives.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/counts_choice.hpp"
#include "sctab/formats/csv/name_shapes.hpp"
#include "sctab/formats/csv/orientation.hpp"
#include "sctab/formats/csv/table_names.hpp"

namespace sctab::csv {
namespace {

namespace fs = std::filesystem;
using formats::Categorical;
using formats::Column;
using formats::Strings;

constexpr std::string_view kMatrix = "X";

Table look_through(fs::path path) {
  Table table;
  table.path = std::move(path);
  table.form = find_form(*streams::open_stream(table.path, {.expected = "a table of counts as text"}));
  const auto stream = streams::open_stream(table.path);
  table.identity = stream->identity();
  table.is_compressed = stream->is_compressed();
  table.index = index_table(*stream, table.form);
  if (table.index.n_rows > std::numeric_limits<core::GeneIndex>::max()) {
    throw core::InputError({.file = table.path.string(), .found = core::plural(table.index.n_rows, "row")});
  }
  return table;
}

bool are_distinct(const Strings& names) {
  std::unordered_set<std::string_view> seen;
  return std::ranges::all_of(names, [&seen](const std::string& name) { return seen.insert(name).second; });
}

Strings as_strings(const Categorical& column) {
  Strings texts;
  texts.reserve(column.codes.size());
  for (std::size_t row = 0; row < column.codes.size(); ++row) texts.push_back(column.value(row));
  return texts;
}

/// The texts above the columns of the matrix, one header after the other.
std::vector<NamedTexts> texts_above(const TableForm& form) {
  std::vector<NamedTexts> texts;
  const std::vector<std::int32_t> columns = form.value_columns();
  for (const Strings& header : form.headers) {
    NamedTexts& line = texts.emplace_back();
    if (!form.labels.empty() && form.labels.front().column == 0) line.title = header.front();
    for (const std::int32_t column : columns) line.texts.push_back(header[static_cast<std::size_t>(column)]);
  }
  return texts;
}

/// Columns of obs need names of their own.
std::string free_name(std::string name, const std::vector<Column>& taken, std::string_view otherwise) {
  if (name.empty()) name = otherwise;
  const auto is_taken = [&taken](const std::string& wanted) {
    return std::ranges::any_of(taken, [&wanted](const Column& column) { return column.name == wanted; });
  };
  std::string free = name;
  for (int i = 2; is_taken(free); ++i) free = fmt::format("{}.{}", name, i);
  return free;
}

/// "a, b and 3 more"
std::string some_of(const Strings& names) {
  constexpr std::size_t kShown = 5;
  if (names.size() <= kShown) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + kShown, ", "), names.size() - kShown);
}

/// Whether a column names the cells, which are the lines: its place or its title says so.
bool names_cells(const Table& table, std::size_t label) {
  const LabelColumn& column = table.form.labels[label];
  const std::string& title = table.form.titles()[static_cast<std::size_t>(column.column)];
  if (is_title_of_cells(title)) return true;
  return column.column == 0 && (is_title_of_names(title) || are_distinct(table.index.names));
}

/// In a table of genes, a column of text among those of cells would be a cell with damaged values.
void require_labels_of_genes(const Table& table) {
  for (const LabelColumn& label : table.form.labels) {
    if (label.reason != LabelColumn::Reason::kBetween) continue;
    const auto text = std::ranges::find_if(table.form.labels, [](const LabelColumn& each) {
      return each.column > 0 && each.reason == LabelColumn::Reason::kText;
    });
    throw table.form.error(table.path, 0,
                           {text != table.form.labels.end() ? text->column : label.column,
                            "holds text among columns of numbers", "numbers", "remove the column, or mend its values"});
  }
}

}  // namespace

TableSource::TableSource(fs::path path, const formats::OpenOptions& options) {
  Table table = look_through(std::move(path));
  const FoundOrientation found = find_orientation(table, options.orientation);
  genes_by_cells_ = found.genes_by_cells;
  if (genes_by_cells_) {
    take_genes_from_lines(table);
  } else {
    take_cells_from_lines(table);
  }
  table_ = std::make_shared<const Table>(std::move(table));
  note_orientation(found.reason);
}

/// cells × genes: labels are columns of obs.
void TableSource::take_cells_from_lines(Table& table) {
  GeneNames genes = choose_gene_names(texts_above(table.form));
  genes_ = std::move(genes.names);
  symbols_ = std::move(genes.symbols);
  const std::size_t n_labels = table.form.labels.size();
  std::size_t named_by = 0;
  while (named_by < n_labels && !names_cells(table, named_by)) ++named_by;
  for (std::size_t i = 0; i < n_labels; ++i) {
    const auto column = static_cast<std::size_t>(table.form.labels[i].column);
    if (i == named_by) {
      cells_ = i == 0 ? std::move(table.index.names) : as_strings(table.index.more[i - 1]);
      continue;
    }
    Categorical texts = i == 0 ? formats::as_categorical(table.index.names) : std::move(table.index.more[i - 1]);
    const std::string name = free_name(table.form.titles()[column], obs_, fmt::format("column {}", column + 1));
    obs_.push_back({name, typed(std::move(texts))});
  }
  if (named_by < n_labels) return;
  for (std::int64_t row = 1; row <= table.index.n_rows; ++row) cells_.push_back(std::to_string(row));
  notes_.emplace_back("Its cells have no names: they are numbered from 1.");
}

/// genes × cells: labels are names of genes and the like; further lines above the numbers are columns of obs.
void TableSource::take_genes_from_lines(Table& table) {
  if (table.form.labels.empty()) {
    throw core::InputError({.file = table.path.string(),
                            .found = "has no names of genes",
                            .expected = "Ensembl ids or symbols in the first column"});
  }
  require_labels_of_genes(table);
  std::vector<NamedTexts> above = texts_above(table.form);
  cells_ = std::move(above.front().texts);
  for (std::size_t i = 1; i < above.size(); ++i) {
    const std::string name = free_name(above[i].title, obs_, fmt::format("line {}", i + 1));
    obs_.push_back({name, typed(formats::as_categorical(above[i].texts))});
  }
  std::vector<NamedTexts> candidates;
  Strings others;
  for (std::size_t i = 0; i < table.form.labels.size(); ++i) {
    const LabelColumn& label = table.form.labels[i];
    std::string title = table.form.titles()[static_cast<std::size_t>(label.column)];
    if (i > 0) others.push_back(title);
    if (i > 0 && label.reason == LabelColumn::Reason::kMeasure) continue;
    candidates.push_back(
        {std::move(title), i == 0 ? std::move(table.index.names) : as_strings(table.index.more[i - 1])});
  }
  GeneNames genes = choose_gene_names(std::move(candidates));
  genes_ = std::move(genes.names);
  symbols_ = std::move(genes.symbols);
  table.index.more.clear();
  if (!others.empty()) notes_.push_back(fmt::format("Columns that describe genes, not cells: {}.", some_of(others)));
}

void TableSource::note_orientation(const std::string& reason) {
  notes_.insert(notes_.begin(),
                fmt::format("Read as {} × {}, one {} a line: {}.", core::plural(n_cells(), "cell"),
                            core::plural(std::ssize(genes_), "gene"), genes_by_cells_ ? "gene" : "cell", reason));
  if (!obs_.empty()) notes_.push_back(fmt::format("Labels of cells, not genes: {}.", some_of(obs_columns())));
}

bool TableSource::has_obs(std::string_view column) const {
  return std::ranges::find(obs_, column, &Column::name) != obs_.end();
}

std::vector<std::string> TableSource::obs_columns() const {
  std::vector<std::string> names;
  for (const Column& column : obs_) names.push_back(column.name);
  return names;
}

Column TableSource::obs(std::string_view column) const {
  const auto found = std::ranges::find(obs_, column, &Column::name);
  if (found != obs_.end()) return *found;
  throw core::InputError({.file = path().string(),
                          .found = fmt::format("has no column '{}' of labels", column),
                          .expected = obs_.empty() ? "" : core::alternatives(obs_columns())});
}

void TableSource::require_matrix(std::string_view matrix_path) const {
  if (matrix_path == kMatrix) return;
  throw core::InputError({.file = path().string(),
                          .found = fmt::format("has no matrix '{}'", matrix_path),
                          .expected = "X: a table of text has one matrix"});
}

formats::CountsSource TableSource::find_counts(formats::InputKind kind, std::string_view named) const {
  if (!named.empty()) require_matrix(named);
  const formats::CountsCandidate matrix{.matrix_path = std::string(kMatrix),
                                        .n_genes = core::narrow<core::GeneIndex>(genes_.size()),
                                        .nnz = n_cells() * std::ssize(genes_),
                                        .values = table_->index.values};
  return formats::choose_counts(path(), kind, !named.empty(), std::span(&matrix, 1));
}

Strings TableSource::gene_names(std::string_view matrix_path) const {
  require_matrix(matrix_path);
  return genes_;
}

Strings TableSource::gene_symbols(std::string_view matrix_path) const {
  require_matrix(matrix_path);
  return symbols_;
}

std::unique_ptr<formats::RowReader> TableSource::read_rows(std::string_view matrix_path,
                                                           const formats::ReadOptions& options) const {
  require_matrix(matrix_path);
  return genes_by_cells_ ? make_gene_rows(table_, options) : make_cell_rows(table_);
}

std::unique_ptr<formats::CellSink> TableSource::copy_to(const fs::path& /*target*/) const {
  throw core::InputError({.file = path().string(),
                          .found = "is text, to which no results are added",
                          .next_step = "write the labels alone, with -o FILE.csv"});
}

bool is_table(const fs::path& path) {
  fs::path name = path.filename();
  if (name.extension() == ".gz") name = name.stem();
  const std::string ending = name.extension().string();
  return ending == ".csv" || ending == ".tsv" || ending == ".txt" || looks_like_table(path);
}

}  // namespace sctab::csv
