#include "sctab/formats/h5ad/file_bytes.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace sctab::h5ad {

FileBytes::FileBytes(hid_t object) {
  const Handle file = owned(H5Iget_file_id(object), object, "its file is closed");
  const Handle properties = owned(H5Fget_create_plist(file.id()), object, "its file is damaged");
  std::size_t address_bytes = 0;
  std::size_t size_bytes = 0;
  hsize_t user_block = 0;
  void* descriptor = nullptr;
  if (H5Pget_sizes(properties.id(), &address_bytes, &size_bytes) < 0 || address_bytes != 8 || size_bytes != 8) return;
  if (H5Pget_userblock(properties.id(), &user_block) < 0 || user_block != 0) return;
  if (H5Fget_vfd_handle(file.id(), H5P_DEFAULT, &descriptor) < 0 || descriptor == nullptr) return;
  struct stat status {};
  if (::fstat(*static_cast<int*>(descriptor), &status) != 0) return;
  descriptor_ = *static_cast<int*>(descriptor);
  size_ = static_cast<std::uint64_t>(status.st_size);
}

bool FileBytes::read(std::uint64_t address, std::span<std::byte> out) const {
  if (address > size_ || out.size() > size_ - address) return false;
  while (!out.empty()) {
    const ssize_t n = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(address));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    out = out.subspan(static_cast<std::size_t>(n));
    address += static_cast<std::uint64_t>(n);
  }
  return true;
}

}  // namespace sctab::h5ad
