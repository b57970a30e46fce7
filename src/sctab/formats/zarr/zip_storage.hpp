#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "sctab/formats/zarr/storage.hpp"

namespace sctab::zarr {

/// A zip file in which each key is a member, right at its top or in the one folder there.
class ZipStorage final : public Storage {
 public:
  /// Throws InputError where it is not a zip file, or damaged.
  explicit ZipStorage(std::filesystem::path path);
  ~ZipStorage() override;

  [[nodiscard]] const std::filesystem::path& path() const override;
  [[nodiscard]] core::FileIdentity identity() const override;
  void require_unchanged() const override;
  [[nodiscard]] std::unique_ptr<Value> open(const std::string& key) const override;
  [[nodiscard]] formats::Strings names(const std::string& key) const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sctab::zarr
