#include "sctab/formats/rows/scratch_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "sctab/core/error.hpp"

namespace sctab::rows {

ScratchFile::ScratchFile(const std::filesystem::path& folder)
    : folder_(folder.empty() ? std::filesystem::temp_directory_path() : folder) {
  std::string name = (folder_ / "sctab-reorder-XXXXXX").string();
  file_ = core::FileDescriptor(::mkstemp(name.data()));
  if (!file_.is_open()) fail("written", errno);
  (void)::unlink(name.c_str());
}

void ScratchFile::write(std::span<const std::byte> bytes, std::int64_t offset) const {
  if (const int error = core::write_at(file_.get(), offset, bytes); error != 0) fail("written", error);
}

void ScratchFile::read(std::span<std::byte> bytes, std::int64_t offset) const {
  const int error = core::read_at(file_.get(), offset, bytes);
  if (error != 0) fail("read", error == core::kFileEnds ? EIO : error);
}

void ScratchFile::fail(std::string_view verb, int error) const {
  throw core::InputError({.file = folder_.string(),
                          .found = fmt::format("the temporary space for reordering the matrix by cell cannot be {}: {}",
                                               verb, std::strerror(error)),
                          .next_step = "free some space or choose another temporary folder"});
}

}  // namespace sctab::rows
