#include "sctab/formats/h5ad/file_bytes.hpp"

#include <sys/stat.h>

#include "sctab/core/file_descriptor.hpp"

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
  return core::read_at(descriptor_, static_cast<std::int64_t>(address), out) == 0;
}

}  // namespace sctab::h5ad
