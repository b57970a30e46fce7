#include "sctab/formats/anndata/cells.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "sctab/core/alternatives.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/anndata/dataframe_reader.hpp"
#include "sctab/formats/arrays/next_steps.hpp"
#include "sctab/formats/h5mu/modality.hpp"

namespace sctab::anndata {

struct Cells::State {
  std::filesystem::path path;
  std::shared_ptr<const arrays::ArrayGroup> file;  // all of it
  std::shared_ptr<const arrays::ArrayGroup> root;  // of the AnnData
  std::string modality;                            // "rna"; empty: the file is no MuData
  std::string modality_path;
  std::optional<DataframeReader> obs;
  std::vector<MatrixInfo> matrices;
  std::mutex mutex;  // of what is opened when it is first needed
  std::optional<DataframeReader> var, raw_var;
  std::optional<h5mu::SharedObs> shared_obs;

  /// The table of genes of a matrix.
  [[nodiscard]] const DataframeReader& genes_of(std::string_view matrix_path) {
    const std::lock_guard lock(mutex);
    if (matrix_path != "raw/X") return var ? *var : var.emplace(root, "var", "uns");
    if (raw_var) return *raw_var;
    const bool is_old = !root->exists("raw/var") && root->exists("raw.var");  // of anndata before 0.7
    return raw_var.emplace(root, is_old ? "raw.var" : "raw/var", is_old ? "raw.cat" : "uns");
  }

  /// Null where the file is no MuData.
  [[nodiscard]] const h5mu::SharedObs* obs_of_all_modalities() {
    if (modality.empty()) return nullptr;
    const std::lock_guard lock(mutex);
    if (!shared_obs) shared_obs.emplace(file, modality, obs->index());
    return &*shared_obs;
  }
};

namespace {

void require_cells(const std::filesystem::path& path, const MatrixInfo& matrix, CellIndex n_cells) {
  if (matrix.n_cells == n_cells) return;
  throw core::InputError({.file = path.string(),
                          .matrix = matrix.path,
                          .found = fmt::format("has {} rows, but obs has {}", matrix.n_cells, n_cells),
                          .next_step = arrays::kWriteAgain});
}

}  // namespace

Cells::Cells(std::filesystem::path path, std::unique_ptr<arrays::ArrayGroup> root, std::string_view modality)
    : state_(std::make_unique<State>()) {
  state_->path = std::move(path);
  state_->file = std::move(root);
  state_->root = state_->file;
  if (!modality.empty() || h5mu::is_mudata(*state_->file)) {
    state_->modality_path = h5mu::modality_path(*state_->file, modality);
    state_->modality = state_->modality_path.substr(state_->modality_path.find('/') + 1);
    state_->root = state_->file->group(state_->modality_path);
  }
  state_->obs.emplace(state_->root, "obs", "uns");
  state_->matrices = find_matrices(*state_->root);
  for (const MatrixInfo& matrix : state_->matrices) require_cells(state_->path, matrix, n_cells());
  if (state_->matrices.empty()) {
    throw state_->root->error("", {.found = "has neither X nor raw/X nor a layer as a csr, csc or dense matrix",
                                   .expected = "a file with expression values"});
  }
}

Cells::~Cells() = default;
Cells::Cells(Cells&&) noexcept = default;

const std::filesystem::path& Cells::path() const {
  return state_->path;
}

std::vector<std::string> Cells::notes() const {
  if (state_->modality.empty()) return {};
  const formats::Strings all = h5mu::modalities(*state_->file);
  if (all.size() == 1) return {};
  return {fmt::format("of its modalities ({}), {} is read; --modality names another", fmt::join(all, ", "),
                      state_->modality)};
}

const std::string& Cells::modality_path() const {
  return state_->modality_path;
}

CellIndex Cells::n_cells() const {
  return state_->obs->n_rows();
}

std::vector<MatrixInfo> Cells::matrices() const {
  return state_->matrices;
}

MatrixInfo Cells::matrix(std::string_view matrix_path) const {
  formats::Strings names;
  for (const MatrixInfo& info : state_->matrices) {
    if (info.path == matrix_path) return info;
    names.push_back(info.path);
  }
  throw core::InputError({.file = state_->path.string(),
                          .found = fmt::format("has no matrix '{}'", matrix_path),
                          .expected = core::alternatives(names)});
}

bool Cells::has_obs(std::string_view column) const {
  if (state_->obs->has(column)) return true;
  const h5mu::SharedObs* const shared = state_->obs_of_all_modalities();
  return shared != nullptr && shared->has(column);
}

std::vector<std::string> Cells::obs_columns() const {
  std::vector<std::string> columns = state_->obs->columns();
  if (const h5mu::SharedObs* const shared = state_->obs_of_all_modalities()) {
    for (std::string& name : shared->columns()) {
      if (!state_->obs->has(name)) columns.push_back(std::move(name));
    }
  }
  return columns;
}

formats::Column Cells::obs(std::string_view column) const {
  if (state_->obs->has(column)) return state_->obs->column(column);
  const h5mu::SharedObs* const shared = state_->obs_of_all_modalities();
  if (shared != nullptr && shared->has(column)) return shared->column(column);
  throw state_->root->error(
      "obs", {.found = fmt::format("has no column '{}'", column), .expected = core::alternatives(obs_columns())});
}

formats::Strings Cells::obs_names() const {
  return state_->obs->index();
}

formats::Strings Cells::var_names(std::string_view matrix_path) const {
  const MatrixInfo info = matrix(matrix_path);
  const DataframeReader& genes = state_->genes_of(matrix_path);
  if (genes.n_rows() != info.n_genes) {
    throw core::InputError(
        {.file = state_->path.string(),
         .matrix = info.path,
         .found = fmt::format("has {} columns, but its var has {} rows", info.n_genes, genes.n_rows()),
         .next_step = arrays::kWriteAgain});
  }
  return genes.index();
}

bool Cells::has_var(std::string_view column, std::string_view matrix_path) const {
  return state_->genes_of(matrix_path).has(column);
}

formats::Column Cells::var(std::string_view column, std::string_view matrix_path) const {
  return state_->genes_of(matrix_path).column(column);
}

std::string Cells::uns_text(std::string_view name) const {
  const std::string path = fmt::format("uns/{}", name);
  if (!state_->root->is_array(path)) return {};
  const arrays::ArrayInfo info = state_->root->info(path);
  if (info.kind != arrays::ArrayInfo::Kind::kText || !info.shape.empty()) return {};
  const formats::Strings texts = state_->root->texts(path);
  return texts.empty() ? std::string() : texts.front();
}

formats::ValueSummary Cells::summarise_values(std::string_view matrix_path, CellIndex n_sampled) const {
  formats::ValueSummary summary;
  sample_values(*state_->root, matrix(matrix_path), n_sampled,
                [&](std::span<const double> values) { summary.add(values); });
  return summary;
}

std::unique_ptr<formats::RowReader> Cells::read_rows(std::string_view matrix_path,
                                                     const formats::ReadOptions& options) const {
  return anndata::read_rows(*state_->root, matrix(matrix_path), options);
}

}  // namespace sctab::anndata
