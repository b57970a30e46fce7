#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>

namespace sctab::tests {

/// What some calls of the system answer, in the whole program, while this lives: as on file systems that tests cannot
/// ask for, and on full or failing disks. For a test that links changed_calls.cpp. Set before threads start.
class ChangedCalls {
 public:
  ChangedCalls();
  ~ChangedCalls();
  ChangedCalls(const ChangedCalls&) = delete;
  ChangedCalls& operator=(const ChangedCalls&) = delete;

  bool no_links = false, no_exchange = false;  // link() and RENAME_EXCHANGE fail
  std::filesystem::path unsynced;              // fsync() of this file or folder fails
  /// The bytes, of those asked for, that copy_file_range() and sendfile() copy at most; not set: as many as ever.
  std::function<std::size_t(std::size_t)> copy_file_range, sendfile;
};

}  // namespace sctab::tests
