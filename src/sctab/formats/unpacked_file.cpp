#include "sctab/formats/unpacked_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/formats/renamed_source.hpp"

namespace sctab::formats {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUnpackedAtOnce = 1'000'000;
constexpr std::array<unsigned char, 8> kHdf5 = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
constexpr std::string_view kStandardInputName = "standard input";

[[noreturn]] void refuse_temporary(const fs::path& folder, std::string_view found) {
  throw core::InputError(
      {.found = fmt::format("the temporary file in {} that it is unpacked to {}", folder.string(), found),
       .next_step = "free some space, choose another folder with TMPDIR, or unpack it yourself"});
}

[[noreturn]] void refuse_temporary(const fs::path& folder, int error) {
  refuse_temporary(folder, fmt::format("cannot be written: {}", std::strerror(error)));
}

bool begins_like_hdf5(std::span<const std::byte> first) {
  return first.size() >= kHdf5.size() && std::memcmp(first.data(), kHdf5.data(), kHdf5.size()) == 0;
}

/// The most bytes that a file in this folder may have: memory_budget() where it is in memory.
std::int64_t most_bytes_in(int file) {
  struct statfs status {};
  const bool in_memory =
      ::fstatfs(file, &status) == 0 && (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC);
  return in_memory ? core::memory_budget() : std::numeric_limits<std::int64_t>::max();
}

std::unique_ptr<CellSource> open_unpacked(std::shared_ptr<UnpackedFile> file, const fs::path& shown,
                                          std::optional<core::FileIdentity> identity, const Opener& open) {
  SourceName name{.hidden = file->path(), .shown = shown, .identity = identity, .kept = file};
  std::unique_ptr<CellSource> source = name.around([&] { return open(file->path()); });
  file->give_up_name();
  return renamed_source(std::move(source), std::move(name));
}

}  // namespace

UnpackedFile::UnpackedFile(streams::ByteStream& from) try {
  std::error_code none;
  const fs::path folder = fs::temp_directory_path(none);
  if (none) refuse_temporary("$TMPDIR", none.value());
  create(folder);
  const std::int64_t most_bytes = most_bytes_in(file_.get());
  std::vector<std::byte> bytes(kUnpackedAtOnce);
  std::int64_t done = 0;
  core::Progress progress("unpacking", 0, "MB");
  for (std::size_t n = bytes.size(); n == bytes.size();) {
    core::check_interrupt();
    n = from.read(bytes);
    if (done + static_cast<std::int64_t>(n) > most_bytes) {
      refuse_temporary(folder, fmt::format("takes memory, and more than the {} of --memory",
                                           core::format_bytes(static_cast<double>(most_bytes))));
    }
    const int error = core::write_at(file_.get(), done, std::span(bytes).first(n));
    if (error != 0) refuse_temporary(folder, error);
    done += static_cast<std::int64_t>(n);
    progress.advance();
  }
  name_if_hdf5(folder);
} catch (const core::InputError& error) {
  remove_name();
  throw error.within({.file = from.path().string()});
} catch (...) {
  remove_name();
  throw;
}

UnpackedFile::~UnpackedFile() {
  remove_name();
}

void UnpackedFile::create(const fs::path& folder) {
  file_ = core::FileDescriptor::open(folder, O_TMPFILE | O_RDWR);
  if (!file_.is_open()) {  // not every file system has files without a name
    std::string name = (folder / "sctab-unpacked-XXXXXX").string();
    file_ = core::FileDescriptor(::mkostemp(name.data(), O_CLOEXEC));
    if (!file_.is_open()) refuse_temporary(folder, errno);
    name_ = std::move(name);
  }
  path_ = fmt::format("/proc/self/fd/{}", file_.get());
}

void UnpackedFile::name_if_hdf5(const fs::path& folder) {
  std::array<std::byte, kHdf5.size()> first{};
  if (core::read_at(file_.get(), 0, first) != 0 || !begins_like_hdf5(first)) return remove_name();
  for (int i = 0; name_.empty(); ++i) {
    constexpr int kMostNames = 1'000;
    const std::string name = folder / fmt::format("sctab-unpacked-{}-{}", ::getpid(), i);
    if (::linkat(AT_FDCWD, path_.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
      name_ = name;
    } else if (errno != EEXIST || i == kMostNames) {
      refuse_temporary(folder, errno);
    }
  }
  path_ = name_;
}

void UnpackedFile::give_up_name() {
  if (name_.empty()) return;
  const std::string descriptor = fmt::format("/proc/self/fd/{}", file_.get()), link = name_ + ".link";
  if (::symlink(descriptor.c_str(), link.c_str()) == 0 && ::rename(link.c_str(), name_.c_str()) != 0) {
    (void)::unlink(link.c_str());
  }
}

void UnpackedFile::remove_name() noexcept {
  if (!name_.empty()) (void)::unlink(name_.c_str());
  name_.clear();
}

bool is_packed_hdf5(const fs::path& path) try {
  if (!streams::is_gzip(path)) return false;
  std::array<std::byte, kHdf5.size()> first{};
  return streams::open_stream(path)->read(first) == first.size() && begins_like_hdf5(first);
} catch (const core::InputError&) {
  return false;
}

std::unique_ptr<CellSource> open_packed(const fs::path& path, const Opener& open) {
  const auto stream = streams::open_stream(path);
  return open_unpacked(std::make_shared<UnpackedFile>(*stream), path, stream->identity(), open);
}

std::unique_ptr<CellSource> open_standard_input(const Opener& open) {
  const fs::path shown(kStandardInputName);
  const SourceName name{.hidden = "/dev/stdin", .shown = shown, .identity = {}, .kept = {}};
  std::shared_ptr<UnpackedFile> file = name.around([] {
    struct stat status {};
    if (::fstat(STDIN_FILENO, &status) == 0 && S_ISCHR(status.st_mode)) {
      throw core::InputError({.file = std::string(kStandardInputName),
                              .found = "is a terminal or another device",
                              .expected = "a file of cells",
                              .next_step = "give the name of a file, or pipe one in"});
    }
    const auto stream = streams::open_stream("/dev/stdin", {.expected = "a file of cells", .streams = true});
    return std::make_shared<UnpackedFile>(*stream);
  });
  return open_unpacked(std::move(file), shown, std::nullopt, open);
}

}  // namespace sctab::formats
