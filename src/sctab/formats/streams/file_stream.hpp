#pragma once

#include <array>

#include "sctab/core/file_descriptor.hpp"
#include "sctab/formats/streams/byte_stream.hpp"

namespace sctab::streams {

/// The bytes of a file as they are.
class FileStream final : public ByteStream {
 public:
  /// Throws as core::open_input() does.
  explicit FileStream(std::filesystem::path path, const core::InputNeeds& needs = {});

  std::size_t read(std::span<std::byte> out) override;
  [[nodiscard]] const std::filesystem::path& path() const override { return path_; }
  [[nodiscard]] core::FileIdentity identity() const override { return identity_; }
  [[nodiscard]] bool is_compressed() const override { return false; }

  /// The next bytes, without taking them: `most` (up to 16), or fewer at the end.
  std::span<const std::byte> peek(std::size_t most);

 private:
  std::size_t read_file(std::span<std::byte> out);
  void wait_for_bytes() const;

  std::filesystem::path path_;
  core::FileDescriptor file_;
  core::FileIdentity identity_;
  bool is_regular_;
  std::array<std::byte, 16> peeked_{};
  std::size_t peeked_begin_ = 0, peeked_end_ = 0;
};

}  // namespace sctab::streams
