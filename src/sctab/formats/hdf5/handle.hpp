#pragma once

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/file_descriptor.hpp"
#include "sctab/formats/arrays/next_steps.hpp"
#include "sctab/formats/hdf5/structure/file_image.hpp"

namespace sctab::hdf5 {

/// Held around every HDF5 call: Debian's libhdf5 is not thread-safe. One mutex a process; may be taken again by the
/// thread that holds it. Never wait for another thread while holding it.
class Lock {
 public:
  Lock();

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

using arrays::kCopyAgain;
using arrays::kFreeSpace;
using arrays::kWriteAgain;

/// Where `object` is, for errors: its file, and its path in it ("X/data") as the key, or the matrix that is given.
core::Problem place_of(hid_t object, std::string_view matrix = {});
/// The error of a problem with `object`: place_of() fills in what the problem does not name.
core::InputError error_at(hid_t object, const core::Problem& problem);
/// Throws InputError at `object`: `found` is `what` and HDF5's own innermost reason.
[[noreturn]] void throw_hdf5_error(hid_t object, std::string_view what, std::string_view next_step = kCopyAgain);

/// The result of an HDF5 call on `object`; throw_hdf5_error() where it is negative.
template <typename Status>
Status checked(Status status, hid_t object, std::string_view what, std::string_view next_step = kCopyAgain) {
  if (status < 0) throw_hdf5_error(object, what, next_step);
  return status;
}
/// checked() for calls that return an id to be closed.
Handle owned(hid_t id, hid_t object, std::string_view what, std::string_view next_step = kCopyAgain);

enum class Access { kRead, kReadWrite };
/// Throws InputError where the file is missing, not HDF5, cut off, or damaged in its structure, and where it leads into
/// other files: libhdf5 opens what structure::check_structure() has passed. With `others` those files are checked too,
/// and listed there.
Handle open_file(const std::filesystem::path& path, Access access, structure::OtherFiles* others = nullptr);
/// Replaces any file of that name.
Handle create_file(const std::filesystem::path& path);
/// Writes all out and closes. Throws InputError where that fails (a full disk), with the file abandoned.
void close_file(Handle& file, const std::filesystem::path& path);
/// Lets go of a file that could not be written. HDF5 must still flush what it holds, and neither closes nor ends the
/// process cleanly where it cannot; so its descriptor is first pointed at memory.
void abandon_file(Handle& file) noexcept;

/// The descriptor by which HDF5 reads and writes an open file; -1 where it does not say.
int descriptor_of(const Handle& file);
/// Another one of the file that HDF5 has open, whatever its path leads to by now. path: its name in messages. Throws
/// InputError where the process may open no more files.
core::FileDescriptor second_descriptor(const Handle& file, const std::filesystem::path& path);

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

/// The file of an object, for reading its structures past HDF5. The object must outlive this; the caller holds the
/// Lock.
structure::FileImage image_of(hid_t object);

/// The bytes of a file that HDF5 holds open, read past HDF5: by any thread, and without its lock.
class FileBytes {
 public:
  /// object: anything of the file; it must outlive this. The caller holds the Lock.
  explicit FileBytes(hid_t object);
  /// Whether this file's addresses are as we know them (8 bytes, no user block, an ordinary file).
  [[nodiscard]] bool can_read() const { return descriptor_ >= 0; }
  [[nodiscard]] std::uint64_t size() const { return size_; }

  /// Fills `out` from this address on. False where the file does not hold that many bytes.
  [[nodiscard]] bool read(std::uint64_t address, std::span<std::byte> out) const;

 private:
  int descriptor_ = -1;  // HDF5's own
  std::uint64_t size_ = 0;
};

}  // namespace sctab::hdf5
