#include "sctab/formats/zarr/folder_target.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/formats/arrays/next_steps.hpp"
#include "sctab/formats/zarr/zip_target.hpp"

namespace sctab::zarr {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kBytesAtOnce = 4 << 20;

[[noreturn]] void fail_writing(const fs::path& path, const std::string& why) {
  throw core::InputError({.file = core::target_name(path.string()),
                          .found = fmt::format("cannot be written: {}", why),
                          .next_step = arrays::kFreeSpace});
}

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail_writing(folder, error.message());
}

/// Bytes that the system copied from file to file by itself; it knows no such thing between some file systems.
std::uint64_t copy_within_system(int from, int to, std::uint64_t size) {
  std::uint64_t done = 0;
  while (done < size) {
    core::check_interrupt();
    auto begin = static_cast<off_t>(done);
    const ssize_t n = ::copy_file_range(from, &begin, to, nullptr, static_cast<std::size_t>(size - done), 0);
    if (n <= 0) break;
    done += static_cast<std::uint64_t>(n);
  }
  return done;
}

}  // namespace

FolderTarget::FolderTarget(fs::path root) : root_(std::move(root)) {
  make_folders(root_);
}

core::FileDescriptor FolderTarget::create(const std::string& key) const {
  const fs::path path = root_ / key;
  core::FileDescriptor file = core::FileDescriptor::open(path, O_WRONLY | O_CREAT | O_EXCL);
  if (!file.is_open() && errno == ENOENT) {
    make_folders(path.parent_path());
    file = core::FileDescriptor::open(path, O_WRONLY | O_CREAT | O_EXCL);
  }
  if (!file.is_open()) fail_writing(path, std::strerror(errno));
  return file;
}

void FolderTarget::put(const std::string& key, std::span<const std::byte> bytes) {
  const core::FileDescriptor file = create(key);
  if (const int error = core::write_at(file.get(), 0, bytes); error != 0) {
    fail_writing(root_ / key, std::strerror(error));
  }
}

bool FolderTarget::copy(const Storage& source, const std::string& key) {
  const std::unique_ptr<Value> value = source.open(key);
  if (!value) return false;
  const core::FileDescriptor file = create(key);
  const std::uint64_t size = value->size();
  std::uint64_t done = 0;
  if (value->descriptor() >= 0) done = copy_within_system(value->descriptor(), file.get(), size);
  Bytes bytes;
  while (done < size) {
    core::check_interrupt();
    bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kBytesAtOnce, size - done)));
    value->read(done, bytes);
    const int error = core::write_at(file.get(), static_cast<std::int64_t>(done), bytes);
    if (error != 0) fail_writing(root_ / key, std::strerror(error));
    done += bytes.size();
  }
  return true;
}

std::unique_ptr<Target> make_target(const fs::path& path) {
  if (core::target_name(path.string()).ends_with(".zip")) return std::make_unique<ZipTarget>(path);
  return std::make_unique<FolderTarget>(path);
}

}  // namespace sctab::zarr
