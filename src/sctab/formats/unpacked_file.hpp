#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "sctab/core/file_descriptor.hpp"
#include "sctab/formats/cell_source.hpp"
#include "sctab/formats/streams/byte_stream.hpp"

namespace sctab::formats {

/// What a stream holds, as a file in the system's temporary folder ($TMPDIR), gone when this is.
class UnpackedFile {
 public:
  /// Reads the stream to its end. Throws InputError where the stream is damaged, where there is no room, and, if the
  /// temporary folder is in memory, where memory_budget() is exceeded; core::Interrupted.
  explicit UnpackedFile(streams::ByteStream& from);
  ~UnpackedFile();
  UnpackedFile(const UnpackedFile&) = delete;
  UnpackedFile& operator=(const UnpackedFile&) = delete;

  /// By which this process can open it. libhdf5 opens no file without a name, so HDF5 files have one.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// To be called once the file is open. path() still leads to it, but what takes room is gone then, however the
  /// process ends.
  void give_up_name();

 private:
  void create(const std::filesystem::path& folder);
  void name_if_hdf5(const std::filesystem::path& folder);
  void remove_name() noexcept;

  core::FileDescriptor file_;
  std::string name_;  // in the folder; empty: none
  std::filesystem::path path_;
};

/// Whether a file is gzip with an HDF5 file inside. False where it cannot be read.
bool is_packed_hdf5(const std::filesystem::path& path);

using Opener = std::function<std::unique_ptr<CellSource>(const std::filesystem::path&)>;

/// Unpacks a gzipped file, and opens what was in it with `open`. The source, and all messages, name the file by `path`.
std::unique_ptr<CellSource> open_packed(const std::filesystem::path& path, const Opener& open);

/// The same for what standard input holds, gzipped or not, as "standard input".
std::unique_ptr<CellSource> open_standard_input(const Opener& open);

}  // namespace sctab::formats
