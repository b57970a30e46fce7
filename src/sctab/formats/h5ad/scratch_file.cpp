#include "sctab/formats/h5ad/scratch_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "sctab/core/error.hpp"

namespace sctab::h5ad {

ScratchFile::ScratchFile(const std::filesystem::path& folder)
    : folder_(folder.empty() ? std::filesystem::temp_directory_path() : folder) {
  std::string name = (folder_ / "sctab-transpose-XXXXXX").string();
  descriptor_ = ::mkstemp(name.data());
  if (descriptor_ < 0) fail("written", errno);
  (void)::unlink(name.c_str());
}

ScratchFile::~ScratchFile() {
  (void)::close(descriptor_);
}

void ScratchFile::write(std::span<const std::byte> bytes, std::int64_t offset) const {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(descriptor_, bytes.data(), bytes.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("written", n < 0 ? errno : ENOSPC);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += n;
  }
}

void ScratchFile::read(std::span<std::byte> bytes, std::int64_t offset) const {
  while (!bytes.empty()) {
    const ssize_t n = ::pread(descriptor_, bytes.data(), bytes.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("read", n < 0 ? errno : EIO);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += n;
  }
}

void ScratchFile::fail(std::string_view verb, int error) const {
  throw core::InputError(
      fmt::format("{}: the temporary file there that turns a gene-major matrix cannot be {}: {}; free some space or "
                  "choose another temporary folder",
                  folder_.string(), verb, std::strerror(error)));
}

}  // namespace sctab::h5ad
