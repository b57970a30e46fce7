#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "sctab/formats/anndata/cells.hpp"
#include "sctab/formats/cell_source.hpp"
#include "sctab/formats/hdf5/opened_file.hpp"

namespace sctab::h5ad {

using anndata::MatrixInfo;
using core::CellIndex;
using core::GeneIndex;

/// AnnData in an HDF5 file, or a modality of MuData, opened for reading. HDF5 is not thread-safe here: use one File
/// from one thread at a time, and no two at once (a lock inside makes sure).
class File final : public anndata::Cells {
 public:
  /// Throws InputError if the file is missing, not HDF5 or cut off, or holds no matrix.
  explicit File(const std::filesystem::path& path, const formats::OpenOptions& options = {});
  /// Of a file that is open already.
  File(std::unique_ptr<hdf5::OpenedFile> file, const formats::OpenOptions& options);
  ~File() override;
  File(File&&) noexcept;
  File& operator=(File&&) = delete;

  [[nodiscard]] core::FileIdentity identity() const override { return file_->identity(); }
  [[nodiscard]] std::unique_ptr<formats::CellSink> copy_to(const std::filesystem::path& target) const override;
  [[nodiscard]] std::string_view copy_ending() const override;

 private:
  std::unique_ptr<hdf5::OpenedFile> file_;
};

using hdf5::is_hdf5;

}  // namespace sctab::h5ad
