#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "sctab/formats/streams/byte_stream.hpp"

namespace sctab::tar {

/// One member of an archive.
struct Member {
  std::string name;  // as the archive has it: it may begin with "/" or lead up by "..", and is never a path to write to
  std::int64_t bytes = 0;
  bool is_file = false;  // else a folder, a link, a device or something that we know nothing of
};

/// Reads a tar archive front to back: ustar, GNU tar's long names and numbers, pax's names and sizes. Memory does not
/// grow with the archive. Nothing is unpacked: there is no name that could do harm.
class Reader {
 public:
  /// archive: at its beginning, unpacked.
  explicit Reader(std::unique_ptr<streams::ByteStream> archive) : archive_(std::move(archive)) {}

  /// The next member, whatever is left of the one before; none at the archive's end. Throws InputError where a header
  /// is damaged, the archive is cut off, or a member is a sparse file.
  std::optional<Member> next();
  /// Fills as much of `out` as the member still has; 0 at its end. Throws InputError where the archive is cut off.
  std::size_t read(std::span<std::byte> out);

  [[nodiscard]] const std::filesystem::path& path() const { return archive_->path(); }

 private:
  struct Extension;
  [[nodiscard]] bool read_block(std::span<std::byte> block);
  [[nodiscard]] std::string read_text(std::int64_t bytes);
  void read_pax(std::int64_t bytes, Extension& extension);
  void skip_member();

  std::unique_ptr<streams::ByteStream> archive_;
  std::int64_t left_ = 0;     // bytes of the member
  std::int64_t padding_ = 0;  // behind it, to the next block
};

/// Whether these first bytes of a file, 512 or more, are a tar header.
bool is_header(std::span<const std::byte> bytes);

}  // namespace sctab::tar
