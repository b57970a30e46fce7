#pragma once

#include <filesystem>
#include <memory>

#include "sctab/core/file_descriptor.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/hdf5/handle.hpp"

namespace sctab::hdf5 {

/// An HDF5 file that was checked and opened for reading: what each format in such files begins with.
class OpenedFile {
 public:
  /// Throws InputError as open_file() does. allow_external: other files that it leads to are read too.
  OpenedFile(std::filesystem::path path, bool allow_external);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// As it was when it was opened.
  [[nodiscard]] const core::FileIdentity& identity() const { return identity_; }
  [[nodiscard]] const structure::OtherFiles& other_files() const { return others_; }
  /// Everything in it. The group may outlive this.
  [[nodiscard]] std::unique_ptr<arrays::ArrayGroup> root() const;
  /// Of the file as it was opened, whatever its path leads to by now. Throws InputError where the process may open no
  /// more files.
  [[nodiscard]] core::FileDescriptor second_descriptor() const;

 private:
  std::filesystem::path path_;
  structure::OtherFiles others_;
  Handle file_;
  core::FileIdentity identity_;
};

/// Whether a file is HDF5, by its content.
bool is_hdf5(const std::filesystem::path& path);

}  // namespace sctab::hdf5
