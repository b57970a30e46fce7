#include "sctab/formats/mtx/folder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "sctab/core/csv.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/counts_choice.hpp"
#include "sctab/formats/h5ad/converted_file.hpp"
#include "sctab/formats/mtx/find_parts.hpp"
#include "sctab/formats/mtx/inspect.hpp"
#include "sctab/formats/mtx/matrix_rows.hpp"
#include "sctab/formats/mtx/matrix_text.hpp"
#include "sctab/formats/tenx/features.hpp"

namespace sctab::mtx {
namespace fs = std::filesystem;

struct Folder::State {
  fs::path path;
  Parts parts;
  std::vector<core::FileIdentity> identities;  // of matrix, barcodes and features
  tenx::Features features;
  tenx::GeneChoice genes;
  formats::Strings cell_names;
  std::vector<formats::Column> obs;
  MatrixPlan plan;
  std::int64_t nnz = 0;
  Inspection inspection;

  [[nodiscard]] std::string matrix_name() const { return parts.matrix.path().filename().string(); }
  [[nodiscard]] std::vector<Part> all_parts() const { return {parts.matrix, parts.barcodes, parts.features}; }
};

namespace {

/// Tab-separated lines without a header: a name, and whatever else.
void read_barcodes(const Part& part, formats::Strings& names, std::vector<formats::Column>& obs) {
  std::string text = read_part(part, "the names of cells, one a line");
  const bool quotes = text.starts_with('"');
  core::CsvReader rows(std::move(text), part.path(), {.separator = '\t', .quotes = quotes, .header = false});
  std::vector<formats::Strings> others;
  for (std::vector<std::string> fields; rows.next(fields);) {
    if (names.empty()) others.resize(fields.size() - 1);
    if (fields.size() != others.size() + 1) {
      throw rows.error({.found = core::plural(std::ssize(fields), "column"),
                        .expected = fmt::format("{}, as in the first line", others.size() + 1),
                        .next_step = "copy or download the file again"});
    }
    names.push_back(std::move(fields[0]));
    for (std::size_t i = 0; i < others.size(); ++i) others[i].push_back(std::move(fields[i + 1]));
  }
  for (std::size_t i = 0; i < others.size(); ++i) {
    obs.push_back({fmt::format("barcodes_{}", i + 2), formats::as_categorical(others[i])});
  }
}

/// Whether the matrix's rows are cells, by what its sizes match.
bool find_orientation(const MatrixHeader& header, std::int64_t n_cells, std::int64_t n_features, const Parts& parts) {
  const bool genes_first = header.n_rows == n_features && header.n_columns == n_cells;
  const bool cells_first = header.n_rows == n_cells && header.n_columns == n_features;
  if (genes_first && cells_first) return parts.is_cells_first;
  if (genes_first || cells_first) return cells_first;
  throw core::InputError(
      {.file = parts.matrix.path().string(),
       .line = header.size_line,
       .found =
           fmt::format("a matrix of {} × {}", core::format_count(header.n_rows), core::format_count(header.n_columns)),
       .expected = fmt::format("{} in {} × {} in {}", core::plural(n_features, "feature"),
                               parts.features.path().filename().string(), core::plural(n_cells, "cell"),
                               parts.barcodes.path().filename().string()),
       .next_step = "make sure that the three files belong together and are whole"});
}

std::string genomes_note(const tenx::Features& features) {
  const std::set<std::string> genomes(features.genomes.begin(), features.genomes.end());
  if (genomes.size() < 2) return {};
  return fmt::format("the features are of {} genomes: {}; genes that the model does not know have no effect",
                     genomes.size(), fmt::join(genomes, ", "));
}

}  // namespace

Folder::Folder(fs::path path, const formats::OpenOptions& /*options*/) : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.path = std::move(path);
  state.parts = find_parts(state.path);
  const Parts& parts = state.parts;
  for (const Part& part : state.all_parts()) state.identities.push_back(open_part(part)->identity());
  const MatrixHeader header = MatrixText(parts.matrix, MatrixText::Ahead::kNo).header();
  state.features = tenx::parse_features(read_part(parts.features, "features.tsv or genes.tsv, a feature a line"),
                                        parts.features.path());
  read_barcodes(parts.barcodes, state.cell_names, state.obs);
  const auto n_features = static_cast<std::int64_t>(state.features.size());
  MatrixPlan& plan = state.plan;
  plan.part = parts.matrix;
  plan.n_cells = std::ssize(state.cell_names);
  plan.cells_first = find_orientation(header, plan.n_cells, n_features, parts);
  state.genes = tenx::choose_genes(state.features, state.path);
  plan.gene_of_feature = state.genes.gene_of_feature;
  plan.n_genes = state.genes.n_genes;
  state.nnz = header.n_entries;
  state.inspection = inspect(plan);
}

Folder::~Folder() = default;
Folder::Folder(Folder&&) noexcept = default;

const fs::path& Folder::path() const {
  return state_->path;
}

core::FileIdentity Folder::identity() const {
  const std::vector<core::FileIdentity>& all = state_->identities;
  core::FileIdentity together = all.front();
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i].inode == all[0].inode && all[i].device == all[0].device) continue;  // one archive
    together.bytes += all[i].bytes;
    together.modified = std::max(together.modified, all[i].modified);
  }
  return together;
}

void Folder::require_unchanged() const {
  const std::vector<Part> parts = state_->all_parts();
  for (std::size_t i = 0; i < parts.size(); ++i) core::require_unchanged(parts[i].file, state_->identities[i]);
}

std::vector<std::string> Folder::notes() const {
  std::vector<std::string> notes = state_->parts.notes;
  for (const std::string& note : {state_->genes.note, genomes_note(state_->features)}) {
    if (!note.empty()) notes.push_back(note);
  }
  if (state_->parts.has_spots) notes.emplace_back(kSpotsNote);
  return notes;
}

core::CellIndex Folder::n_cells() const {
  return state_->plan.n_cells;
}

bool Folder::has_obs(std::string_view column) const {
  return std::ranges::find(state_->obs, column, &formats::Column::name) != state_->obs.end();
}

std::vector<std::string> Folder::obs_columns() const {
  std::vector<std::string> names;
  for (const formats::Column& column : state_->obs) names.push_back(column.name);
  return names;
}

formats::Column Folder::obs(std::string_view column) const {
  const auto found = std::ranges::find(state_->obs, column, &formats::Column::name);
  if (found != state_->obs.end()) return *found;
  throw core::InputError(
      {.file = state_->path.string(),
       .found = fmt::format("has no column '{}' of cells", column),
       .expected = state_->obs.empty() ? std::string() : fmt::format("one of {}", fmt::join(obs_columns(), ", "))});
}

formats::Strings Folder::obs_names() const {
  return state_->cell_names;
}

formats::CountsSource Folder::find_counts(formats::InputKind kind, std::string_view named) const {
  const std::string name = state_->matrix_name();
  if (!named.empty() && named != name && named != "X") {
    throw core::InputError({.file = state_->path.string(),
                            .found = fmt::format("has no matrix '{}'", named),
                            .expected = name,
                            .next_step = "remove --counts"});
  }
  const formats::CountsCandidate matrix = {
      .matrix_path = name, .n_genes = state_->plan.n_genes, .nnz = state_->nnz, .values = state_->inspection.values};
  return formats::choose_counts(state_->path, kind, !named.empty(), std::span(&matrix, 1));
}

formats::Strings Folder::gene_names(std::string_view /*matrix_path*/) const {
  return tenx::gene_names(state_->features, state_->genes);
}

formats::Strings Folder::gene_symbols(std::string_view /*matrix_path*/) const {
  return tenx::gene_symbols(state_->features, state_->genes);
}

std::unique_ptr<formats::RowReader> Folder::read_rows(std::string_view /*matrix_path*/,
                                                      const formats::ReadOptions& options) const {
  return state_->inspection.is_sorted ? make_sorted_rows(state_->plan) : make_unsorted_rows(state_->plan, options);
}

std::unique_ptr<formats::CellSink> Folder::copy_to(const fs::path& target) const {
  return h5ad::convert(*this, target);
}

}  // namespace sctab::mtx
