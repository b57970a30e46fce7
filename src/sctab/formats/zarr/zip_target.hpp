#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "sctab/core/file_descriptor.hpp"
#include "sctab/formats/zarr/target.hpp"

namespace sctab::zarr {

/// A zip file whose members are stored as they are, as zarr wants them: chunks are compressed already. Members of
/// another zip file stay compressed as they were. zip64 where large.
class ZipTarget final : public Target {
 public:
  explicit ZipTarget(std::filesystem::path path);
  void put(const std::string& key, std::span<const std::byte> bytes) override;
  bool copy(const Storage& source, const std::string& key) override;
  void close() override;

 private:
  struct Member {
    std::string name;
    std::uint64_t header = 0, n_bytes = 0, n_stored = 0;
    std::uint32_t crc32 = 0;
    bool is_deflated = false;
  };
  void write(std::span<const std::byte> bytes);
  void begin_member(const Member& member);

  std::filesystem::path path_;
  core::FileDescriptor file_;
  std::mutex mutex_;
  std::uint64_t end_ = 0;  // of what is written
  std::vector<Member> members_;
};

}  // namespace sctab::zarr
