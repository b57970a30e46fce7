#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

namespace sctab::h5ad {

/// Memory on disk without a name: gone when this is, or the process. Any thread may write and read any part of it.
class ScratchFile {
 public:
  /// folder: empty for the system's. Throws InputError naming it where no file can be written there.
  explicit ScratchFile(const std::filesystem::path& folder);
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  void write(std::span<const std::byte> bytes, std::int64_t offset) const;
  void read(std::span<std::byte> bytes, std::int64_t offset) const;

 private:
  /// verb: "written", "read"
  [[noreturn]] void fail(std::string_view verb, int error) const;

  std::filesystem::path folder_;
  int descriptor_ = -1;
};

}  // namespace sctab::h5ad
