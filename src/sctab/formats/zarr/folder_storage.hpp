#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "sctab/formats/zarr/storage.hpp"

namespace sctab::zarr {

/// A folder in which each key is a file.
class FolderStorage final : public Storage {
 public:
  /// Throws InputError where the folder cannot be read.
  FolderStorage(std::filesystem::path path, bool allow_external);

  [[nodiscard]] const std::filesystem::path& path() const override { return path_; }
  [[nodiscard]] core::FileIdentity identity() const override { return identity_; }
  void require_unchanged() const override;
  [[nodiscard]] std::unique_ptr<Value> open(const std::string& key) const override;
  [[nodiscard]] formats::Strings names(const std::string& key) const override;
  void visit_keys(const std::function<void(const std::string& key)>& visit) const override;

  /// Where the file of a key is once links are followed; empty where there is none. Throws where a link leads nowhere,
  /// or out of the folder.
  [[nodiscard]] std::filesystem::path find(const std::string& key) const;

 private:
  /// Also names that are not UTF-8, which no array has but which a copy keeps.
  [[nodiscard]] formats::Strings all_names(const std::string& key) const;
  void visit_below(const std::string& key, int depth, const std::function<void(const std::string& key)>& visit) const;
  void refuse_dangling(const std::string& key) const;
  /// state: a number made of the identity of what was found; 0: nothing.
  void remember(const std::string& key, std::uint64_t state) const;

  std::filesystem::path path_, root_;  // as given, and with links followed
  bool allow_external_;
  core::FileIdentity identity_;
  // What was looked at. Some 60 bytes of memory a key: a zarr has as many as it has chunks.
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::uint64_t, std::uint64_t> states_;  // by the hash of the key
  mutable std::string keys_;                                         // each ends with a zero
};

}  // namespace sctab::zarr
