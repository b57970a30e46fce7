#include "sctab/formats/loom/file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sctab/core/alternatives.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/arrays/next_steps.hpp"
#include "sctab/formats/arrays/value_sample.hpp"
#include "sctab/formats/counts_choice.hpp"
#include "sctab/formats/gene_columns.hpp"
#include "sctab/formats/h5ad/converted_file.hpp"
#include "sctab/formats/rows/dense_rows.hpp"

namespace sctab::loom {
namespace {

constexpr const char* kMatrix = "matrix";

/// Where counts are kept, most likely first. velocyto's `spliced` is a part of the counts.
constexpr std::array kUsualPlaces = {kMatrix,      "layers/counts", "layers/raw_counts", "layers/raw",
                                     "layers/umi", "layers/umis",   "layers/umi_counts", "layers/spliced"};
constexpr std::array kCellNames = {"CellID",  "obs_names", "cell_names", "cell_name", "cell_id",
                                   "CellIDs", "barcode",   "barcodes",   "cell",      "index"};
constexpr std::array kGeneNames = {"Gene",        "var_names",    "gene_name", "gene_names", "GeneName",
                                   "gene_symbol", "gene_symbols", "Symbol",    "Accession",  "gene_ids",
                                   "gene_id",     "ensembl_id",   "EnsemblID", "Name",       "index"};

formats::GeneColumn columns_of(const Attributes& genes) {
  return [&genes](std::string_view name) { return genes.texts(name); };
}

}  // namespace

bool is_loom(const arrays::ArrayGroup& root) {
  return root.is_array(kMatrix) && (root.is_group("row_attrs") || root.is_group("col_attrs"));
}

File::File(std::filesystem::path path, core::FileIdentity identity, std::unique_ptr<arrays::ArrayGroup> root)
    : path_(std::move(path)), identity_(identity), root_(std::move(root)), matrices_({kMatrix}) {
  const std::unique_ptr<arrays::NumberMatrix> matrix = root_->matrix(kMatrix);
  if (!std::in_range<GeneIndex>(matrix->n_rows())) {
    throw root_->error(kMatrix, {.found = fmt::format("has {} rows", core::format_count(matrix->n_rows())),
                                 .expected = "genes × cells: at most 2^31 - 1 genes"});
  }
  n_genes_ = static_cast<GeneIndex>(matrix->n_rows());
  n_cells_ = matrix->n_columns();
  genes_.emplace(*root_, "row_attrs", n_genes_);
  cells_.emplace(*root_, "col_attrs", n_cells_);
  if (!root_->is_group("layers")) return;
  for (const std::string& name : root_->members("layers")) {
    std::string layer = fmt::format("layers/{}", name);
    if (root_->is_array(layer)) matrices_.push_back(std::move(layer));
  }
}

bool File::has_obs(std::string_view column) const {
  return cells_->has(column);
}

std::vector<std::string> File::obs_columns() const {
  const std::string names = cells_->find(kCellNames);
  std::vector<std::string> columns = cells_->names();
  std::erase(columns, names);
  return columns;
}

formats::Column File::obs(std::string_view column) const {
  return {std::string(column), cells_->values(column)};
}

formats::Strings File::obs_names() const {
  const std::string attribute = cells_->find(kCellNames);
  if (!attribute.empty()) return *cells_->texts(attribute);
  core::Problem place = root_->place(kMatrix);
  place.found = fmt::format("has {} without names", core::plural(n_cells_, "cell"));
  core::require_memory(n_cells_, sizeof(std::string), std::move(place));
  formats::Strings names;
  for (CellIndex cell = 0; cell < n_cells_; ++cell) names.push_back(fmt::format("{}", cell));
  return names;
}

std::string File::full_path(std::string_view named) const {
  std::string layer = fmt::format("layers/{}", named);
  return std::ranges::find(matrices_, layer) != matrices_.end() ? layer : std::string(named);
}

std::unique_ptr<arrays::NumberMatrix> File::open_matrix(std::string_view path) const {
  if (std::ranges::find(matrices_, path) == matrices_.end()) {
    throw core::InputError({.file = path_.string(),
                            .found = fmt::format("has no matrix '{}'", path),
                            .expected = core::alternatives(matrices_)});
  }
  std::unique_ptr<arrays::NumberMatrix> matrix = root_->matrix(path);
  if (matrix->n_rows() == n_genes_ && matrix->n_columns() == n_cells_) return matrix;
  throw core::InputError({.file = path_.string(),
                          .matrix = std::string(path),
                          .found = fmt::format("is {} × {}", matrix->n_rows(), matrix->n_columns()),
                          .expected = fmt::format("{} × {}, as `matrix` is", n_genes_, n_cells_),
                          .next_step = arrays::kWriteAgain});
}

formats::CountsSource File::find_counts(formats::InputKind kind, std::string_view named) const {
  std::vector<std::string> places;
  if (!named.empty()) {
    places.push_back(full_path(named));
  } else if (kind == formats::InputKind::kLogNormalised) {
    places.emplace_back(kMatrix);
  } else {
    for (const char* place : kUsualPlaces) {
      if (std::ranges::find(matrices_, place) != matrices_.end()) places.emplace_back(place);
    }
  }
  std::vector<formats::CountsCandidate> candidates;
  for (const std::string& place : places) {
    const std::unique_ptr<arrays::NumberMatrix> matrix = open_matrix(place);
    candidates.push_back({place, n_genes_, n_cells_ * n_genes_, arrays::sample_values(*matrix)});
  }
  return formats::choose_counts(path_, kind, !named.empty(), candidates);
}

formats::Strings File::gene_index() const {
  const std::string attribute = genes_->find(kGeneNames);
  if (!attribute.empty()) return *genes_->texts(attribute);
  throw core::InputError({.file = path_.string(),
                          .key = "row_attrs",
                          .found = "has no names of genes",
                          .expected = "Gene (symbols) or Accession (Ensembl ids)",
                          .next_step = "add one of them to the file"});
}

formats::Strings File::gene_names(std::string_view /*matrix_path*/) const {
  return formats::gene_names_of(gene_index(), columns_of(*genes_));
}

formats::Strings File::gene_symbols(std::string_view matrix_path) const {
  formats::Strings symbols = formats::gene_symbols_of(columns_of(*genes_));
  if (!symbols.empty()) return symbols;
  symbols = gene_index();
  return symbols == gene_names(matrix_path) ? formats::Strings() : symbols;
}

std::unique_ptr<formats::RowReader> File::read_rows(std::string_view matrix_path,
                                                    const formats::ReadOptions& options) const {
  return rows::make_dense_columns(open_matrix(matrix_path),
                                  {.file = path_.string(), .matrix = std::string(matrix_path)}, options);
}

std::unique_ptr<formats::CellSink> File::copy_to(const std::filesystem::path& target) const {
  return h5ad::convert(*this, target);
}

}  // namespace sctab::loom
