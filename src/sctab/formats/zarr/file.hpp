#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "sctab/formats/anndata/cells.hpp"
#include "sctab/formats/zarr/hierarchy.hpp"

namespace sctab::zarr {

/// AnnData, or a modality of MuData, in a zarr of version 2 or 3: a folder, or a zip file of one. All errors are
/// InputError and name the file, and the key of the chunk or of the metadata.
class File final : public anndata::Cells {
 public:
  explicit File(const std::filesystem::path& path, const formats::OpenOptions& options = {});

  [[nodiscard]] core::FileIdentity identity() const override { return hierarchy_->storage().identity(); }
  /// Of everything that was read, and looked for and not found.
  void require_unchanged() const override { hierarchy_->storage().require_unchanged(); }
  /// A folder, or a zip file where the name of the target ends in .zip.
  [[nodiscard]] std::unique_ptr<formats::CellSink> copy_to(const std::filesystem::path& target) const override;
  [[nodiscard]] std::string_view copy_ending() const override { return ".zarr"; }

 private:
  File(std::shared_ptr<const Hierarchy> hierarchy, const formats::OpenOptions& options);

  std::shared_ptr<const Hierarchy> hierarchy_;
};

/// Whether a path is a zarr, by what is in the folder or the zip file; or by its name, where it is "NAME.zarr" or
/// "NAME.zarr.zip" and of that kind.
bool is_zarr(const std::filesystem::path& path);

/// Whether a folder is a zarr with results that sctab wrote, which it may replace; or empty.
bool is_replaceable(const std::filesystem::path& folder);

}  // namespace sctab::zarr
