#include "sctab/formats/hdf5/handle.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "sctab/core/error.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/formats/hdf5/filters.hpp"
#include "sctab/formats/hdf5/other_files.hpp"
#include "sctab/formats/hdf5/stored_values.hpp"
#include "sctab/formats/hdf5/structure/check.hpp"
#include "sctab/formats/hdf5/structure/superblock.hpp"

namespace sctab::hdf5 {
namespace fs = std::filesystem;
namespace {

std::recursive_mutex& hdf5_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

/// HDF5 writes nothing to standard error: its reasons go into our exceptions. And it does not tidy up when the program
/// ends: we close what we open, and a file that it failed to close (a full disk) would crash it then.
void initialise_hdf5() {
  // Other files are where check_other_files() looks for them.
  for (const char* prefix : {"HDF5_EXT_PREFIX", "HDF5_EXTFILE_PREFIX"}) (void)::unsetenv(prefix);
  (void)H5dont_atexit();
  (void)H5open();
}

/// What HDF5 says of its last failure, at its innermost; empty where it says nothing.
std::string innermost_reason() {
  std::string reason;
  const auto keep = [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
    auto& text = *static_cast<std::string*>(out);
    if (text.empty() && error->desc != nullptr) text = error->desc;
    return 0;
  };
  (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep, &reason);
  for (char& c : reason) {
    if (c == '\n') c = ' ';
  }
  return reason;
}

std::string in_brackets(const std::string& reason) {
  return reason.empty() ? reason : fmt::format(" ({})", reason);
}

Handle access_list() {
  Handle list(H5Pcreate(H5P_FILE_ACCESS));
  SCTAB_ASSERT(bool(list));
  // Files with one descriptor, whatever $HDF5_DRIVER says.
  (void)H5Pset_fapl_sec2(list.id());
  // Some network file systems have no locks; they can be read all the same.
  (void)H5Pset_file_locking(list.id(), true, true);
  return list;
}

/// Makes room on the disk for all that HDF5 has yet to write. 0, or why there is none.
int reserve_space(const Handle& file) {
  hsize_t size = 0;
  if (H5Fget_filesize(file.id(), &size) < 0 || size == 0) return 0;
  const int error = ::posix_fallocate(descriptor_of(file), 0, static_cast<off_t>(size));
  return error == ENOSPC || error == EDQUOT || error == EFBIG ? error : 0;
}

/// HDF5 locks a file that is open for writing, and what is on the disk may be half of it.
void refuse_locked(const core::FileDescriptor& file, const fs::path& path) {
  const char* const wish = std::getenv("HDF5_USE_FILE_LOCKING");
  if (wish != nullptr && (std::string_view(wish) == "FALSE" || std::string_view(wish) == "0")) return;
  if (::flock(file.get(), LOCK_SH | LOCK_NB) == 0) {
    (void)::flock(file.get(), LOCK_UN);
  } else if (errno == EWOULDBLOCK) {
    throw core::InputError({.file = path.string(),
                            .found = "is being written by another program, which holds HDF5's lock on it",
                            .next_step = "close it there, or wait until it is done"});
  }
}

bool is_kind(hid_t parent, std::string_view path, H5I_type_t kind) {
  if (!exists(parent, path)) return false;
  const Handle object(H5Oopen(parent, std::string(path).c_str(), H5P_DEFAULT));
  return object && H5Iget_type(object.id()) == kind;
}

}  // namespace

Lock::Lock() : guard_(hdf5_mutex()) {
  static const bool initialised = (initialise_hdf5(), true);
  (void)initialised;
  // Each thread has its own stack of errors.
  static thread_local const bool silent = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  (void)silent;
}

Handle& Handle::operator=(Handle&& other) noexcept {
  if (this != &other) {
    reset();
    id_ = std::exchange(other.id_, H5I_INVALID_HID);
  }
  return *this;
}

void Handle::reset() {
  if (id_ < 0) return;
  const Lock lock;
  (void)H5Idec_ref(std::exchange(id_, H5I_INVALID_HID));
}

core::Problem place_of(hid_t object, std::string_view matrix) {
  std::string file(4096, '\0');
  std::string path(4096, '\0');
  const auto file_length = H5Fget_name(object, file.data(), file.size());
  file.resize(file_length > 0 ? std::min(file.size() - 1, static_cast<std::size_t>(file_length)) : 0);
  const auto path_length = H5Iget_name(object, path.data(), path.size());
  path.resize(path_length > 0 ? std::min(path.size() - 1, static_cast<std::size_t>(path_length)) : 0);
  core::Problem place{.file = std::move(file), .matrix = std::string(matrix)};
  if (matrix.empty() && path.size() > 1) place.key = path.substr(1);
  return place;
}

core::InputError error_at(hid_t object, const core::Problem& problem) {
  return core::InputError(problem).within(place_of(object));
}

void throw_hdf5_error(hid_t object, std::string_view what, std::string_view next_step) {
  const std::string reason = innermost_reason();
  throw error_at(object,
                 {.found = fmt::format("{}{}", what, in_brackets(reason)), .next_step = std::string(next_step)});
}

Handle owned(hid_t id, hid_t object, std::string_view what, std::string_view next_step) {
  return Handle(checked(id, object, what, next_step));
}

Handle open_file(const fs::path& path, Access access, structure::OtherFiles* others) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status))
    throw core::InputError({.file = path.string(), .found = "no such file", .next_step = "check the path"});
  if (!fs::is_regular_file(status)) {
    throw core::InputError({.file = path.string(), .found = "is not a file", .expected = "an .h5ad file"});
  }
  const bool writing = access == Access::kReadWrite;
  if (::access(path.c_str(), writing ? R_OK | W_OK : R_OK) != 0) {
    throw core::InputError({.file = path.string(),
                            .found = writing ? "cannot be written to" : "cannot be read",
                            .next_step = "check its permissions"});
  }
  const core::FileDescriptor descriptor = core::FileDescriptor::open(path, O_RDONLY);
  if (!descriptor.is_open()) {
    throw core::InputError({.file = path.string(), .found = fmt::format("cannot be read: {}", std::strerror(errno))});
  }
  refuse_locked(descriptor, path);
  const core::FileIdentity checked_file = core::identity_of(descriptor, path);
  if (!structure::check_structure(descriptor.get(), path.string(), others)) {
    throw core::InputError(
        {.file = path.string(), .found = "is not an HDF5 file", .expected = "an .h5ad file as AnnData writes it"});
  }
  if (others != nullptr) check_other_files(path, *others);
  Handle file(H5Fopen(path.c_str(), writing ? H5F_ACC_RDWR : H5F_ACC_RDONLY, access_list().id()));
  if (!file) {
    throw core::InputError({.file = path.string(),
                            .found = "is damaged or cut off" + in_brackets(innermost_reason()),
                            .next_step = kCopyAgain});
  }
  // libhdf5 opened the path again, and must have got what was checked. To write, it has marked the file already.
  if (!writing && core::identity_of(second_descriptor(file, path), path) != checked_file) core::refuse_changed(path);
  return file;
}

core::FileDescriptor second_descriptor(const Handle& file, const fs::path& path) {
  core::FileDescriptor second = core::FileDescriptor::duplicate(descriptor_of(file));
  if (second.is_open()) return second;
  throw core::InputError({.file = path.string(),
                          .found = fmt::format("cannot be opened a second time: {}", std::strerror(errno)),
                          .next_step = "raise the limit on open files (ulimit -n)"});
}

Handle create_file(const fs::path& path) {
  Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access_list().id()));
  if (!file) {
    throw core::InputError({.file = path.string(),
                            .found = "cannot be written" + in_brackets(innermost_reason()),
                            .next_step = "check the folder and the space left"});
  }
  return file;
}

void close_file(Handle& file, const fs::path& path) {
  // Room first: HDF5 does not recover from a flush that fails.
  const int no_room = reserve_space(file);
  if (no_room != 0 || H5Fflush(file.id(), H5F_SCOPE_GLOBAL) < 0) {
    const std::string reason = no_room != 0 ? std::string(std::strerror(no_room)) : innermost_reason();
    abandon_file(file);
    throw core::InputError(
        {.file = path.string(), .found = "cannot be written" + in_brackets(reason), .next_step = kFreeSpace});
  }
  file.reset();
}

void abandon_file(Handle& file) noexcept {
  if (!file) return;
  const Lock lock;
  const core::FileDescriptor memory(::memfd_create("sctab-abandoned", 0));
  if (memory.is_open()) (void)::dup2(memory.get(), descriptor_of(file));
  file.reset();
}

int descriptor_of(const Handle& file) {
  void* descriptor = nullptr;
  if (H5Fget_vfd_handle(file.id(), H5P_DEFAULT, &descriptor) < 0 || descriptor == nullptr) return -1;
  return *static_cast<int*>(descriptor);
}

bool exists(hid_t parent, std::string_view path) {
  for (std::size_t end = path.find('/');; end = path.find('/', end + 1)) {
    const std::string step(path.substr(0, end));
    if (H5Lexists(parent, step.c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string_view::npos) break;
  }
  return H5Oexists_by_name(parent, std::string(path).c_str(), H5P_DEFAULT) > 0;
}

bool is_group(hid_t parent, std::string_view path) {
  return is_kind(parent, path, H5I_GROUP);
}

bool is_dataset(hid_t parent, std::string_view path) {
  return is_kind(parent, path, H5I_DATASET);
}

Handle open_group(hid_t parent, std::string_view path) {
  return owned(H5Gopen2(parent, std::string(path).c_str(), H5P_DEFAULT), parent,
               fmt::format("the group '{}' is missing or damaged", path));
}

Handle open_dataset(hid_t parent, std::string_view path) {
  Handle dataset = owned(H5Dopen2(parent, std::string(path).c_str(), H5P_DEFAULT), parent,
                         fmt::format("the dataset '{}' is missing or damaged", path));
  require_stored(dataset.id());
  (void)filters_of(dataset.id());  // refuses what is not known
  return dataset;
}

Handle create_group(hid_t parent, std::string_view name) {
  return owned(H5Gcreate2(parent, std::string(name).c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), parent,
               fmt::format("the group '{}' cannot be written", name), kFreeSpace);
}

Handle timeless_dataset() {
  Handle list(H5Pcreate(H5P_DATASET_CREATE));
  (void)H5Pset_obj_track_times(list.id(), false);
  return list;
}

void remove(hid_t parent, std::string_view name) {
  checked(H5Ldelete(parent, std::string(name).c_str(), H5P_DEFAULT), parent,
          fmt::format("'{}' cannot be replaced", name), kFreeSpace);
}

structure::FileImage image_of(hid_t object) {
  const Handle file = owned(H5Iget_file_id(object), object, "its file is closed");
  const int descriptor = descriptor_of(file);
  SCTAB_ASSERT(descriptor >= 0);
  structure::FileImage image(descriptor, place_of(object).file);
  SCTAB_ASSERT(structure::read_superblock(image).has_value());
  return image;
}

FileBytes::FileBytes(hid_t object) {
  const Handle file = owned(H5Iget_file_id(object), object, "its file is closed");
  const Handle properties = owned(H5Fget_create_plist(file.id()), object, "its file is damaged");
  std::size_t address_bytes = 0;
  std::size_t size_bytes = 0;
  hsize_t user_block = 0;
  if (H5Pget_sizes(properties.id(), &address_bytes, &size_bytes) < 0 || address_bytes != 8 || size_bytes != 8) return;
  if (H5Pget_userblock(properties.id(), &user_block) < 0 || user_block != 0) return;
  const int descriptor = descriptor_of(file);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return;
  descriptor_ = descriptor;
  size_ = static_cast<std::uint64_t>(status.st_size);
}

bool FileBytes::read(std::uint64_t address, std::span<std::byte> out) const {
  if (address > size_ || out.size() > size_ - address) return false;
  return core::read_at(descriptor_, static_cast<std::int64_t>(address), out) == 0;
}

}  // namespace sctab::hdf5
