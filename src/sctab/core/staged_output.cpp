#include "sctab/core/staged_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/file_descriptor.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/sha256.hpp"

namespace sctab::core {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kSpaceDigits = 8;

std::string reason() {
  return std::strerror(errno);
}

InputError cannot_write(const fs::path& path, const std::string& why) {
  return InputError({.file = path.string(), .found = "cannot be written: " + why});
}

/// Opens, syncs and closes. 0, or the error number; `no_matter` where opening fails with that.
int sync_open(const fs::path& path, int flags, int no_matter = 0) {
  const FileDescriptor file = FileDescriptor::open(path, flags);
  if (!file.is_open() && errno == no_matter) return no_matter;
  if (!file.is_open()) throw InputError({.file = path.string(), .found = "cannot be opened to sync it: " + reason()});
  while (::fsync(file.get()) != 0) {
    if (errno != EINTR) return errno;  // after a signal the rest is still synced
  }
  return 0;
}

[[noreturn]] void fail_sync(const fs::path& path, int error) {
  throw InputError({.file = path.string(),
                    .found = fmt::format("cannot be written to disk: {}", std::strerror(error)),
                    .next_step = "free some space and run again"});
}

/// Files one by one, but for folders of so many that all of the file system is synced faster: each takes milliseconds.
void sync_tree(const fs::path& root) {
  constexpr std::ptrdiff_t kManyFiles = 256;
  if (!fs::is_directory(root)) return sync_file(root);
  if (std::distance(fs::recursive_directory_iterator(root), {}) > kManyFiles) {
    const FileDescriptor folder = FileDescriptor::open(root, O_RDONLY | O_DIRECTORY);
    if (folder.is_open() && ::syncfs(folder.get()) == 0) return;
  }
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    entry.is_directory() ? sync_directory(entry.path()) : sync_file(entry.path());
  }
  sync_directory(root);
}

fs::path folder_of(const fs::path& target) {
  return target.has_parent_path() ? target.parent_path() : fs::path(".");
}

// "out/" and "out" name the same target; a link or "." means what it leads to, which is what a rename replaces.
fs::path resolved(fs::path target) {
  if (!target.has_filename() && target.has_parent_path()) target = target.parent_path();
  const bool indirect = fs::is_symlink(target) || target.filename() == "." || target.filename() == "..";
  return indirect ? fs::weakly_canonical(target) : target;
}

/// Whether a rename over it must fail: a file system begins there (also a bind mount, where the kernel can tell).
bool is_mount_point(const fs::path& path) {
  struct statx status {};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, 0, &status) != 0) return false;
  return (status.stx_attributes & status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
}

/// Swaps two names in one step. False where the file system does not offer that.
bool exchange(const fs::path& a, const fs::path& b) {
  return ::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0;
}

/// Gives `path` the name `target`, which something of its kind has. Returns where that is now.
fs::path replace(const fs::path& path, const fs::path& target) {
  if (exchange(path, target)) return path;
  // A file gets a second name first, so that its own is never without one. Where that cannot be (folders, some file
  // systems, other users' files) it goes aside and is put back on failure.
  fs::path aside = path.string() + ".old";
  const bool linked = ::link(target.c_str(), aside.c_str()) == 0;
  if (!linked && ::rename(target.c_str(), aside.c_str()) != 0) {
    throw InputError({.file = target.string(), .found = "the existing file cannot be replaced: " + reason()});
  }
  if (::rename(path.c_str(), target.c_str()) == 0) return aside;
  const std::string why = reason();
  (void)(linked ? ::unlink(aside.c_str()) : ::rename(aside.c_str(), target.c_str()));
  throw cannot_write(target, why);
}

void rename_to(const fs::path& path, const fs::path& target) {
  if (::rename(path.c_str(), target.c_str()) == 0) return;
  throw cannot_write(target, reason());
}

void refuse_folder(const fs::path& target) {
  if (!fs::is_directory(target)) return;
  throw InputError({.file = target.string(), .found = "is a folder", .next_step = "give the name of a file in it"});
}

/// A FIFO, a socket or a device has no bytes to replace, and a rename would take its name from everyone who uses it.
void refuse_stream(const fs::path& target) {
  std::error_code missing;
  const fs::file_status status = fs::status(target, missing);
  if (!fs::exists(status) || fs::is_regular_file(status) || fs::is_directory(status)) return;
  throw InputError({.file = target.string(),
                    .found = fs::is_fifo(status)     ? "is a FIFO, which this output cannot go to"
                             : fs::is_socket(status) ? "is a socket, which this output cannot go to"
                                                     : "is a device, which is never written over",
                    .next_step = "give the name of a file"});
}

/// Which processes the numbers of a temporary name are of: those of one boot of one machine, seen from one container.
/// Empty where the system does not say.
const std::string& process_space() {
  static const std::string space = [] {
    std::error_code failed;
    std::string boot;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
    const std::string container = fs::read_symlink("/proc/self/ns/pid", failed).string();
    return boot.empty() || container.empty() ? "" : Sha256().add(boot + container).hex().substr(0, kSpaceDigits);
  }();
  return space;
}

std::atomic<unsigned> next_serial{0};

/// What a temporary name says: ".NAME.PID-SERIAL-SPACE.tmp", without "-SPACE" where it is not known, and with ".old"
/// behind it, see replace().
struct TemporaryName {
  std::string_view target, space;
  pid_t process = 0;
  unsigned serial = 0;
  bool is_old = false;
};

std::optional<TemporaryName> parse_temporary(std::string_view name) {
  constexpr std::string_view kEnding = ".tmp", kOld = ".old";
  TemporaryName parsed;
  parsed.is_old = name.ends_with(kOld);
  if (parsed.is_old) name.remove_suffix(kOld.size());
  if (!name.starts_with('.') || !name.ends_with(kEnding)) return std::nullopt;
  name = name.substr(1, name.size() - 1 - kEnding.size());
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  parsed.target = name.substr(0, dot);
  std::string_view numbers = name.substr(dot + 1);
  const auto take = [&numbers] {
    const std::size_t end = std::min(numbers.find('-'), numbers.size());
    const std::string_view taken = numbers.substr(0, end);
    numbers.remove_prefix(std::min(end + 1, numbers.size()));
    return taken;
  };
  const bool ends_in_dash = numbers.ends_with('-');
  const auto process = parse_number<pid_t>(take());
  const auto serial = parse_number<unsigned>(take());
  parsed.space = take();
  const bool is_space = parsed.space.size() == kSpaceDigits &&
                        parsed.space.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (!process || *process < 0 || !serial || ends_in_dash || !numbers.empty()) return std::nullopt;
  if (!parsed.space.empty() && !is_space) return std::nullopt;
  parsed.process = *process;
  parsed.serial = *serial;
  return parsed;
}

/// The name of the target of a temporary name; any other name as it is.
std::string_view name_of_target(std::string_view name) {
  const auto parsed = parse_temporary(name);
  return parsed ? parsed->target : name;
}

/// Whether who made it is gone. A process may have got the number of a dead one: then the file stays until that ends
/// too, unless it is ours, whose own serials are known.
bool is_abandoned(const TemporaryName& name) {
  if (process_space().empty() || name.space != process_space()) return false;
  if (name.process == ::getpid()) return name.serial >= next_serial;
  return ::kill(name.process, 0) != 0 && errno == ESRCH;
}

/// Removes what killed processes left of this target. What replace() put aside is put back where nothing took its
/// place.
void remove_abandoned(const fs::path& folder, const fs::path& target) {
  std::error_code failed;
  for (auto entry = fs::directory_iterator(folder, failed); !failed && entry != fs::directory_iterator();
       entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    const auto parsed = parse_temporary(name);
    if (!parsed || parsed->target != target.filename().string() || !is_abandoned(*parsed)) continue;
    struct stat status {};
    if (::lstat(entry->path().c_str(), &status) != 0 || status.st_uid != ::geteuid()) continue;
    if (parsed->is_old && ::lstat(target.c_str(), &status) != 0) {
      (void)::rename(entry->path().c_str(), target.c_str());
      continue;
    }
    std::error_code ignored;
    fs::remove_all(entry->path(), ignored);
  }
}

}  // namespace

void sync_file(const fs::path& path) {
  if (const int error = sync_open(path, O_RDONLY); error != 0) fail_sync(path, error);
}

void sync_directory(const fs::path& folder) {
  const int error = sync_open(folder, O_RDONLY | O_DIRECTORY, EACCES);
  if (error != 0 && error != EACCES && error != EINVAL && error != ENOTSUP) fail_sync(folder, error);
}

StagedOutput::StagedOutput(fs::path target) : target_(resolved(std::move(target))) {
  if (target_.empty())
    throw InputError({.found = "the output path is empty", .next_step = "give a file or folder name"});
  const fs::path folder = folder_of(target_);
  if (!fs::is_directory(folder)) {
    throw InputError({.file = target_.string(),
                      .found = fmt::format("the folder {} does not exist", folder.string()),
                      .next_step = "create it or choose another output"});
  }
  refuse_stream(target_);
  if (is_mount_point(target_)) {
    throw InputError({.file = target_.string(),
                      .found = "is a mount point, which cannot be replaced",
                      .next_step = "choose an output within it"});
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw InputError({.file = target_.string(),
                      .found = fmt::format("the folder {} cannot be written to: {}", folder.string(), reason()),
                      .next_step = "choose another output"});
  }
  remove_abandoned(folder, target_);
  const std::string& space = process_space();
  temporary_ = folder / fmt::format(".{}.{}-{}{}{}.tmp", target_.filename().string(), ::getpid(), next_serial++,
                                    space.empty() ? "" : "-", space);
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

StagedOutput::StagedOutput(StagedOutput&& other) noexcept
    : target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      earlier_(std::exchange(other.earlier_, {})),
      placed_(std::exchange(other.placed_, false)) {}

StagedOutput::~StagedOutput() {
  settle();
  if (temporary_.empty()) return;
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

void StagedOutput::commit(const BeforeReplacing& before_replacing) {
  SCTAB_ASSERT(!temporary_.empty());
  sync_tree(temporary_);
  const bool is_folder = fs::is_directory(temporary_);
  if (!is_folder) refuse_folder(target_);
  if (is_folder && fs::is_directory(target_) && !fs::is_symlink(target_)) {
    if (before_replacing) before_replacing(temporary_);
    earlier_ = replace(temporary_, target_);
  } else {
    rename_to(temporary_, target_);
  }
  temporary_.clear();
  sync_directory(folder_of(target_));
  settle();
}

void StagedOutput::place() {
  SCTAB_ASSERT(!temporary_.empty());
  sync_tree(temporary_);
  if (!fs::is_directory(temporary_)) {
    refuse_folder(target_);
  } else if (fs::exists(target_) && !fs::is_directory(target_)) {
    throw InputError({.file = target_.string(), .found = "is a file", .next_step = "give the name of a folder"});
  }
  if (fs::exists(fs::symlink_status(target_))) {
    earlier_ = replace(temporary_, target_);
  } else {
    rename_to(temporary_, target_);
  }
  temporary_.clear();
  placed_ = true;
  sync_directory(folder_of(target_));
}

void StagedOutput::undo() noexcept {
  if (!placed_) return;
  placed_ = false;
  // The hidden name is forgotten first: the file there is not removed even if the renaming fails.
  const fs::path earlier = std::exchange(earlier_, {});
  std::error_code ignored;
  if (!fs::is_directory(target_, ignored)) {
    (void)(earlier.empty() ? ::unlink(target_.c_str()) : ::rename(earlier.c_str(), target_.c_str()));
  } else if (earlier.empty() || exchange(earlier, target_)) {
    fs::remove_all(earlier.empty() ? target_ : earlier, ignored);
  } else if (const fs::path aside = earlier.string() + ".new"; ::rename(target_.c_str(), aside.c_str()) == 0) {
    (void)::rename(earlier.c_str(), target_.c_str());
    fs::remove_all(aside, ignored);
  }
}

void StagedOutput::leave() noexcept {
  temporary_.clear();
}

void StagedOutput::settle() noexcept {
  placed_ = false;
  if (earlier_.empty()) return;
  std::error_code ignored;
  fs::remove_all(earlier_, ignored);
  earlier_.clear();
}

void move_into_place(const fs::path& folder, const fs::path& target,
                     const StagedOutput::BeforeReplacing& before_replacing) {
  SCTAB_ASSERT(fs::is_directory(folder));
  StagedOutput staged(target);
  // Under its own name, which outlives a kill, and may take long.
  const bool is_prepared = before_replacing && fs::is_directory(staged.target());
  if (is_prepared) before_replacing(folder);
  sync_tree(folder);
  const fs::path temporary = staged.path();
  rename_to(folder, temporary);
  try {
    staged.commit(is_prepared ? nullptr : before_replacing);
  } catch (...) {
    // An empty path: it has the target's name already, and all that failed is to sync the folder that holds it.
    if (staged.path().empty() || ::rename(temporary.c_str(), folder.c_str()) == 0) throw;
    const std::string why = reason();
    staged.leave();
    throw InputError({.file = temporary.string(),
                      .found = fmt::format("holds the finished work and cannot be named {} again: {}",
                                           folder.filename().string(), why),
                      .next_step = "move it to a name of your choice before the next run, which would remove it"});
  }
}

std::string target_name(std::string_view path) {
  std::string result;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    result += name_of_target(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    result += '/';
    path.remove_prefix(slash + 1);
  }
  return result;
}

void require_writable_file(const fs::path& target) {
  refuse_folder(StagedOutput(target).target());
}

void write_file_atomically(const fs::path& target, std::string_view content) {
  StagedOutput out(target);
  refuse_folder(out.target());
  const FileDescriptor file = FileDescriptor::open(out.path(), O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.is_open()) throw cannot_write(target, reason());
  const int error = write_at(file.get(), 0, std::as_bytes(std::span(content)));
  if (error != 0) throw cannot_write(target, std::strerror(error));
  out.commit();
}

}  // namespace sctab::core
