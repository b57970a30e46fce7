#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "sctab/formats/zarr/storage.hpp"

namespace sctab::zarr {

/// Where a new zarr is written to: a folder or a zip file. Each key once. Any thread may write. Errors are InputError
/// and name the file by the name that it shall have.
class Target {
 public:
  Target() = default;
  virtual ~Target() = default;
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  virtual void put(const std::string& key, std::span<const std::byte> bytes) = 0;
  /// What the source keeps under the key, in bounded memory. False where it keeps nothing there.
  virtual bool copy(const Storage& source, const std::string& key) = 0;
  /// Ends a file that needs an end.
  virtual void close() = 0;
};

/// path: new; a zip file where the name that it shall have ends in .zip, else a folder.
std::unique_ptr<Target> make_target(const std::filesystem::path& path);

}  // namespace sctab::zarr
