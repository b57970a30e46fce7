#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "sctab/core/file_descriptor.hpp"

namespace sctab::rows {

/// Memory on disk without a name: gone when this is, or the process. Any thread may write and read any part of it.
class ScratchFile {
 public:
  /// folder: empty for the system's. Throws InputError naming it where no file can be written there.
  explicit ScratchFile(const std::filesystem::path& folder);

  void write(std::span<const std::byte> bytes, std::int64_t offset) const;
  void read(std::span<std::byte> bytes, std::int64_t offset) const;

 private:
  /// verb: "written", "read"
  [[noreturn]] void fail(std::string_view verb, int error) const;

  std::filesystem::path folder_;
  core::FileDescriptor file_;
};

}  // namespace sctab::rows
