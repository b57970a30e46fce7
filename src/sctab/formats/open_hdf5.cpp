#include "sctab/formats/open_hdf5.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/formats/hdf5/opened_file.hpp"
#include "sctab/formats/loom/file.hpp"
#include "sctab/formats/seurat.hpp"
#include "sctab/formats/tenx/h5_file.hpp"

namespace sctab::formats {
namespace {

using arrays::ArrayGroup;

bool is_anndata(const ArrayGroup& root) {
  return std::ranges::any_of(std::array{"X", "obs", "var", "raw", "mod"},
                             [&](const char* name) { return root.exists(name); });
}

bool is_h5seurat(const ArrayGroup& root) {
  return root.is_group("assays") && root.exists("cell.names");
}

/// Files of Cell Ranger and Space Ranger that hold counts, but no matrix of them.
void refuse_other_files_of_10x(const std::filesystem::path& path, const ArrayGroup& root) {
  const bool has_umis = root.is_array("umi") || root.is_array("count");
  if (has_umis && (root.is_array("barcode_idx") || root.is_array("barcode"))) {
    throw core::InputError({.file = path.string(),
                            .found = "lists molecules (molecule_info.h5) and holds no matrix of counts",
                            .next_step = "give filtered_feature_bc_matrix.h5 of the same run"});
  }
  if (root.is_group("feature_slices")) {
    throw core::InputError({.file = path.string(),
                            .found = "holds a picture of each gene (feature_slice.h5) and no matrix of counts",
                            .next_step = "give filtered_feature_bc_matrix.h5 of the same run"});
  }
}

/// The first of the names at the top of a file, for messages.
std::string listed(const Strings& names) {
  constexpr std::size_t kMostListed = 10;
  if (names.empty()) return "is an HDF5 file that holds nothing";
  const std::size_t n = std::min(names.size(), kMostListed);
  return fmt::format("is an HDF5 file that holds {}{}",
                     fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(n), ", "),
                     n < names.size() ? " and others" : "");
}

}  // namespace

std::unique_ptr<CellSource> open_hdf5(const std::filesystem::path& path, const OpenOptions& options) {
  auto file = std::make_unique<hdf5::OpenedFile>(path, options.allow_external);
  std::unique_ptr<ArrayGroup> root = file->root();
  if (is_h5seurat(*root)) refuse_h5seurat(path);
  if (loom::is_loom(*root)) return std::make_unique<loom::File>(path, file->identity(), std::move(root));
  if (is_anndata(*root)) return std::make_unique<h5ad::File>(std::move(file), options);
  if (tenx::is_h5_file(*root)) return std::make_unique<tenx::H5File>(path, file->identity(), std::move(root));
  refuse_other_files_of_10x(path, *root);
  throw core::InputError(
      {.file = path.string(),
       .found = listed(root->members("")),
       .expected = "AnnData (obs, var, X), MuData (mod), a 10x matrix (a group matrix, or one for each genome) or loom "
                   "(matrix, row_attrs, col_attrs)",
       .next_step = "write the cells in one of these formats"});
}

}  // namespace sctab::formats
