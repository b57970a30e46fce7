#pragma once

#include <hdf5.h>

#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace sctab::h5ad {

/// Held around every HDF5 call: Debian's libhdf5 is not thread-safe. One mutex a process; may be taken again by the
/// thread that holds it. Never wait for another thread while holding it.
class Hdf5Lock {
 public:
  Hdf5Lock();

 private:
  std::lock_guard<std::recursive_mutex> guard_;
};

/// One HDF5 id (file, group, dataset, type, space, property list), closed with this.
class Handle {
 public:
  Handle() = default;
  explicit Handle(hid_t id) : id_(id) {}
  ~Handle() { reset(); }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&& other) noexcept;
  [[nodiscard]] hid_t id() const { return id_; }
  [[nodiscard]] explicit operator bool() const { return id_ >= 0; }
  void reset();

 private:
  hid_t id_ = H5I_INVALID_HID;
};

/// Throws InputError: the file and path of `object` (as HDF5 knows them), `what`, and HDF5's own innermost reason.
[[noreturn]] void throw_hdf5_error(hid_t object, std::string_view what);
/// "path/of/file.h5ad: X/data" for messages about `object`.
std::string location(hid_t object);

/// The result of an HDF5 call on `object`, or an InputError where it is negative.
template <typename Status>
Status checked(Status status, hid_t object, std::string_view what) {
  if (status < 0) throw_hdf5_error(object, what);
  return status;
}
/// As checked(), for calls that return an id to be closed.
Handle owned(hid_t id, hid_t object, std::string_view what);

enum class Access { kRead, kReadWrite };
/// Throws InputError where the file is missing, is no HDF5 or is cut off.
Handle open_file(const std::filesystem::path& path, Access access);
/// Replaces what stands there.
Handle create_file(const std::filesystem::path& path);
/// Writes all out and closes. Throws InputError where that fails (a full disk), with the file abandoned.
void close_file(Handle& file, const std::filesystem::path& path);
/// Lets go of a file that could not be written. HDF5 must still flush what it holds, and neither closes nor ends the
/// process cleanly where it cannot; so its descriptor is first pointed at memory.
void abandon_file(Handle& file) noexcept;

/// Whether parent holds this path ("raw/X"), every step of it.
bool exists(hid_t parent, std::string_view path);
bool is_group(hid_t parent, std::string_view path);
bool is_dataset(hid_t parent, std::string_view path);
Handle open_group(hid_t parent, std::string_view path);
Handle open_dataset(hid_t parent, std::string_view path);
Handle create_group(hid_t parent, std::string_view name);
void remove(hid_t parent, std::string_view name);
/// Creation properties of a new dataset: HDF5 would note the time, and the same content must give the same bytes.
Handle timeless_dataset();

}  // namespace sctab::h5ad
