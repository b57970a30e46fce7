#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace sctab::core {

/// A file or directory that appears under its own name only when it is whole. It is written under a hidden temporary
/// name next to the target; commit() syncs it to disk and renames it. Destroyed without commit, it removes the
/// temporary and leaves what was under the target's name untouched.
///
///   StagedOutput out("labels.csv");
///   write(out.path());
///   out.commit();
class StagedOutput {
 public:
  /// Called with the path of a new folder once it is on disk, just before it takes the place of an earlier one.
  using BeforeReplacing = std::function<void(const std::filesystem::path&)>;

  /// Removes what killed processes of this machine left of the same target. Throws InputError, naming the folder, where
  /// it does not exist or cannot be written to, and where the target is a mount point, a device, a FIFO or a socket,
  /// which cannot be replaced.
  explicit StagedOutput(std::filesystem::path target);
  ~StagedOutput();
  StagedOutput(const StagedOutput&) = delete;
  StagedOutput& operator=(const StagedOutput&) = delete;
  StagedOutput(StagedOutput&& other) noexcept;
  StagedOutput& operator=(StagedOutput&&) = delete;

  /// Where to write: a path that does not exist yet. Create a file or a directory there. Empty once it was renamed.
  [[nodiscard]] const std::filesystem::path& path() const { return temporary_; }
  [[nodiscard]] const std::filesystem::path& target() const { return target_; }

  /// Syncs what is at path() (a directory with all its files) and renames it to the target, replacing an earlier
  /// file or directory of that name in one step (on file systems without RENAME_EXCHANGE a directory takes two). Throws
  /// InputError on failure, and the earlier one stays, unless all that failed is to sync the folder that holds it. A
  /// file never replaces a directory, nor a directory a file.
  void commit(const BeforeReplacing& before_replacing = {});

  /// Leaves what was written under its temporary name.
  void leave() noexcept;

  /// commit() for what must appear together with another file: what it replaces is kept under a hidden name, until
  /// settle() or the end of this.
  void place();
  /// After place(), even one that failed: the earlier file comes back, or where there was none the new one goes. A file
  /// that cannot be brought back stays under its hidden name.
  void undo() noexcept;
  /// After place(): removes the earlier file.
  void settle() noexcept;

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  std::filesystem::path earlier_;  // what was under the target's name, to be removed; empty: nothing
  bool placed_ = false;            // by place(), and may be undone
};

/// Puts a folder that lies next to `target` in its place, as StagedOutput does; if that fails the folder keeps its
/// name and all that it holds, so that hours of work are not lost with it. Syncs it under its own name first, which
/// takes longest and fails most. Throws InputError on failure.
void move_into_place(const std::filesystem::path& folder, const std::filesystem::path& target,
                     const StagedOutput::BeforeReplacing& before_replacing = {});

/// Puts what was written to a file on disk. Throws InputError naming it.
void sync_file(const std::filesystem::path& path);
/// Puts the names in a folder on disk. File systems that know no such thing (some network ones) are left to their ways,
/// and so are folders that may be written to and not read.
void sync_directory(const std::filesystem::path& folder);

/// The path as the user knows it: StagedOutput's temporary names in it, ".NAME.PID-SERIAL-SPACE.tmp" and the same with
/// ".old", become the names of their targets.
std::string target_name(std::string_view path);

/// Throws InputError where no file can be written under this name: its folder is missing or cannot be written to, or
/// the name is a folder's. To be asked before hours of work.
void require_writable_file(const std::filesystem::path& target);

/// Writes a small file whole or not at all. Throws InputError naming it.
void write_file_atomically(const std::filesystem::path& target, std::string_view content);

}  // namespace sctab::core
