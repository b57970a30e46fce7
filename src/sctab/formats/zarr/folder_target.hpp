#pragma once

#include <filesystem>
#include <string>

#include "sctab/core/file_descriptor.hpp"
#include "sctab/formats/zarr/target.hpp"

namespace sctab::zarr {

class FolderTarget final : public Target {
 public:
  /// Makes the folder.
  explicit FolderTarget(std::filesystem::path root);
  void put(const std::string& key, std::span<const std::byte> bytes) override;
  bool copy(const Storage& source, const std::string& key) override;
  void close() override {}

 private:
  [[nodiscard]] core::FileDescriptor create(const std::string& key) const;

  std::filesystem::path root_;
};

}  // namespace sctab::zarr
