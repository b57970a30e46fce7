#include "sctab/formats/hdf5/opened_file.hpp"

#include <utility>

#include "sctab/formats/hdf5/group.hpp"

namespace sctab::hdf5 {
namespace {

Handle open_to_read(const std::filesystem::path& path, structure::OtherFiles* others) {
  const Lock lock;
  return open_file(path, Access::kRead, others);
}

}  // namespace

OpenedFile::OpenedFile(std::filesystem::path path, bool allow_external)
    : path_(std::move(path)),
      file_(open_to_read(path_, allow_external ? &others_ : nullptr)),
      identity_(core::identity_of(second_descriptor(), path_)) {}

std::unique_ptr<arrays::ArrayGroup> OpenedFile::root() const {
  const Lock lock;
  return std::make_unique<Group>(open_group(file_.id(), "/"));
}

core::FileDescriptor OpenedFile::second_descriptor() const {
  const Lock lock;
  return hdf5::second_descriptor(file_, path_);
}

bool is_hdf5(const std::filesystem::path& path) {
  const Lock lock;
  return H5Fis_hdf5(path.c_str()) > 0;
}

}  // namespace sctab::hdf5
