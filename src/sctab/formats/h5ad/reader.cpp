#include "sctab/formats/h5ad/reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sctab/core/alternatives.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/annotated_copy.hpp"
#include "sctab/formats/h5ad/dataframe_reader.hpp"
#include "sctab/formats/h5ad/matrix_layout.hpp"
#include "sctab/formats/hdf5/array_reader.hpp"
#include "sctab/formats/hdf5/text_reader.hpp"

namespace sctab::h5ad {

using Layout = MatrixInfo::Layout;

struct File::State {
  std::filesystem::path path;
  hdf5::Handle file;
  core::FileIdentity identity;
  hdf5::structure::OtherFiles others;  // that it leads to
  std::optional<DataframeReader> obs;
  std::vector<MatrixInfo> matrices;

  /// The table of genes of a matrix.
  [[nodiscard]] DataframeReader genes_of(std::string_view matrix_path) const {
    return DataframeReader(file.id(), matrix_path == "raw/X" ? "raw/var" : "var");
  }
};

namespace {

formats::Strings layer_paths(hid_t file) {
  formats::Strings paths;
  if (!hdf5::is_group(file, "layers")) return paths;
  const hdf5::Handle layers = hdf5::open_group(file, "layers");
  const auto keep = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<formats::Strings*>(out)->push_back(fmt::format("layers/{}", name));
    return 0;
  };
  hdf5::checked(H5Literate(layers.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, keep, &paths), layers.id(),
                "cannot be listed");
  return paths;
}

void require_cells(const std::filesystem::path& path, const MatrixInfo& matrix, CellIndex n_cells) {
  if (matrix.n_cells == n_cells) return;
  throw core::InputError({.file = path.string(),
                          .matrix = matrix.path,
                          .found = fmt::format("has {} rows, but obs has {}", matrix.n_cells, n_cells),
                          .next_step = hdf5::kWriteAgain});
}

}  // namespace

File::File(std::filesystem::path path, const formats::OpenOptions& options) : state_(std::make_unique<State>()) {
  const hdf5::Lock lock;
  state_->path = std::move(path);
  state_->file = hdf5::open_file(state_->path, hdf5::Access::kRead, options.allow_external ? &state_->others : nullptr);
  state_->identity = core::identity_of(hdf5::second_descriptor(state_->file, state_->path), state_->path);
  const hid_t file = state_->file.id();
  state_->obs.emplace(file, "obs");
  formats::Strings paths = {"X", "raw/X"};
  for (std::string& layer : layer_paths(file)) paths.push_back(std::move(layer));
  for (const std::string& matrix : paths) {
    if (is_matrix(file, matrix)) state_->matrices.push_back(describe_matrix(file, matrix));
  }
  for (const MatrixInfo& matrix : state_->matrices) require_cells(state_->path, matrix, n_cells());
  const bool has_expression = std::any_of(state_->matrices.begin(), state_->matrices.end(),
                                          [](const auto& m) { return m.path == "X" || m.path == "raw/X"; });
  if (!has_expression) {
    throw core::InputError({.file = state_->path.string(),
                            .found = "has neither X nor raw/X as a csr, csc or dense matrix",
                            .expected = "an .h5ad file with expression values"});
  }
}

File::~File() = default;
File::File(File&&) noexcept = default;

const std::filesystem::path& File::path() const {
  return state_->path;
}

core::FileIdentity File::identity() const {
  return state_->identity;
}

CellIndex File::n_cells() const {
  return state_->obs->n_rows();
}

std::vector<MatrixInfo> File::matrices() const {
  return state_->matrices;
}

MatrixInfo File::matrix(std::string_view matrix_path) const {
  formats::Strings names;
  for (const MatrixInfo& info : state_->matrices) {
    if (info.path == matrix_path) return info;
    names.push_back(info.path);
  }
  throw core::InputError({.file = state_->path.string(),
                          .found = fmt::format("has no matrix '{}'", matrix_path),
                          .expected = core::alternatives(names)});
}

bool File::has_obs(std::string_view column) const {
  const hdf5::Lock lock;
  return state_->obs->has(column);
}

std::vector<std::string> File::obs_columns() const {
  const hdf5::Lock lock;
  return state_->obs->columns();
}

formats::Column File::obs(std::string_view column) const {
  const hdf5::Lock lock;
  return state_->obs->column(column);
}

formats::Strings File::obs_names() const {
  const hdf5::Lock lock;
  return state_->obs->index();
}

formats::Strings File::var_names(std::string_view matrix_path) const {
  const hdf5::Lock lock;
  const MatrixInfo info = matrix(matrix_path);
  const DataframeReader genes = state_->genes_of(matrix_path);
  if (genes.n_rows() != info.n_genes) {
    throw core::InputError(
        {.file = state_->path.string(),
         .matrix = info.path,
         .found = fmt::format("has {} columns, but its var has {} rows", info.n_genes, genes.n_rows()),
         .next_step = hdf5::kWriteAgain});
  }
  return genes.index();
}

bool File::has_var(std::string_view column, std::string_view matrix_path) const {
  const hdf5::Lock lock;
  return state_->genes_of(matrix_path).has(column);
}

formats::Column File::var(std::string_view column, std::string_view matrix_path) const {
  const hdf5::Lock lock;
  return state_->genes_of(matrix_path).column(column);
}

std::string File::uns_text(std::string_view name) const {
  const hdf5::Lock lock;
  const std::string path = fmt::format("uns/{}", name);
  if (!hdf5::is_dataset(state_->file.id(), path)) return {};
  const hdf5::Handle dataset = hdf5::open_dataset(state_->file.id(), path);
  if (hdf5::element_type(dataset.id()).kind != hdf5::ElementType::Kind::kText ||
      !hdf5::dimensions(dataset.id()).empty())
    return {};
  const formats::Strings texts = hdf5::read_texts(dataset.id());
  return texts.empty() ? std::string() : texts.front();
}

std::unique_ptr<formats::RowReader> File::read_rows(std::string_view matrix_path,
                                                    const formats::ReadOptions& options) const {
  const hdf5::Lock lock;
  const MatrixInfo info = matrix(matrix_path);
  const hid_t file = state_->file.id();
  switch (info.layout) {
    case Layout::kCsr:
      return make_csr_rows(file, info);
    case Layout::kCsc:
      return make_csc_rows(file, info, options);
    case Layout::kDense:
      break;
  }
  return make_dense_rows(file, info, options);
}

std::unique_ptr<formats::CellSink> File::copy_to(const std::filesystem::path& target) const {
  require_unchanged();
  const hdf5::Lock lock;
  if (!state_->others.linked.empty() || !state_->others.values.empty()) {
    throw core::InputError({.file = path().string(),
                            .found = "leads into other files, into which a copy would lead too",
                            .next_step = "write the labels alone, with -o FILE.csv"});
  }
  return std::make_unique<AnnotatedCopy>(hdf5::second_descriptor(state_->file, path()), path(), target, n_cells());
}

bool is_hdf5(const std::filesystem::path& path) {
  const hdf5::Lock lock;
  return H5Fis_hdf5(path.c_str()) > 0;
}

formats::ValueSummary File::summarise_values(std::string_view matrix_path, CellIndex n_sampled) const {
  constexpr std::int64_t kPlaces = 20;
  constexpr std::int64_t kMostValues = 1 << 22;
  const hdf5::Lock lock;
  const MatrixInfo info = matrix(matrix_path);
  formats::ValueSummary summary;
  if (info.nnz == 0) return summary;
  // Stretches of values, spread evenly: of cells where the matrix is dense or CSR, of genes where it is CSC.
  const bool dense = info.layout == Layout::kDense;
  const std::int64_t total = dense ? info.n_cells : info.nnz;
  const std::int64_t values_of_cell = std::min(kMostValues, info.nnz / std::max<CellIndex>(1, info.n_cells) + 1);
  const std::int64_t wanted = dense ? n_sampled : std::min(kMostValues, values_of_cell * n_sampled);
  const std::int64_t length = std::min(total, (wanted + kPlaces - 1) / kPlaces);
  std::vector<double> values;
  std::optional<hdf5::ArrayReader> sparse_values;
  if (!dense) sparse_values.emplace(hdf5::open_dataset(state_->file.id(), info.path + "/data"));
  for (std::int64_t place = 0; place < kPlaces; ++place) {
    const std::int64_t begin = (total - length) * place / (kPlaces - 1);
    if (dense) {
      values = read_dense_rows(state_->file.id(), info, begin, length);
    } else {
      values.resize(static_cast<std::size_t>(length));
      sparse_values->read(begin, std::span(values));
    }
    summary.add(std::span<const double>(values));
  }
  return summary;
}

}  // namespace sctab::h5ad
