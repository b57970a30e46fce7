#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sctab/formats/arrays/piece_cache.hpp"
#include "sctab/formats/zarr/storage.hpp"
#include "sctab/formats/zip/archive.hpp"

namespace sctab::zarr {

/// A zip file in which each key is a member, right at its top or in the one folder there that holds a zarr.
class ZipStorage final : public Storage {
 public:
  /// Throws InputError where it is not a zip file, or damaged.
  explicit ZipStorage(std::filesystem::path path);

  [[nodiscard]] const std::filesystem::path& path() const override { return archive_->path(); }
  [[nodiscard]] core::FileIdentity identity() const override { return archive_->identity(); }
  void require_unchanged() const override { core::require_unchanged(path(), identity()); }
  [[nodiscard]] std::unique_ptr<Value> open(const std::string& key) const override;
  [[nodiscard]] formats::Strings names(const std::string& key) const override;
  void visit_keys(const std::function<void(const std::string& key)>& visit) const override;

  [[nodiscard]] const zip::Archive& archive() const { return *archive_; }
  /// The name of the member that holds a key.
  [[nodiscard]] std::string member_of(std::string_view key) const { return prefix_ + std::string(key); }

 private:
  std::shared_ptr<const zip::Archive> archive_;
  std::string prefix_;  // of all keys: "pbmc.zarr/", or empty
  // Compressed members of which parts were asked for, by where they lie.
  std::shared_ptr<arrays::PieceCache> expanded_ = std::make_shared<arrays::PieceCache>();
};

}  // namespace sctab::zarr
