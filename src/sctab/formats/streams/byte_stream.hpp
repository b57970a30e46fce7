#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "sctab/core/input_file.hpp"

namespace sctab::streams {

/// Bytes of a file from front to back, unpacked where it is compressed. For one thread at a time. All errors are
/// InputError and name the file.
class ByteStream {
 public:
  ByteStream() = default;
  virtual ~ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  /// Fills `out` with the next bytes and returns how many they are: fewer than asked for only at the end. Throws
  /// InputError where the file cannot be read or is damaged, and core::Interrupted.
  virtual std::size_t read(std::span<std::byte> out) = 0;
  /// As the user gave it; messages name the file by it.
  [[nodiscard]] virtual const std::filesystem::path& path() const = 0;
  /// The file as it was when it was opened.
  [[nodiscard]] virtual core::FileIdentity identity() const = 0;
  /// Whether read() unpacks: its bytes are not those of the file.
  [[nodiscard]] virtual bool is_compressed() const = 0;
};

/// Opens a plain or gzipped file, told apart by its first bytes, for any name. needs: what messages expect, and
/// whether a pipe will do.
std::unique_ptr<ByteStream> open_stream(const std::filesystem::path& path, const core::InputNeeds& needs = {});

/// Whether a regular file begins with the two bytes of gzip. False where it cannot be read.
bool is_gzip(const std::filesystem::path& path);

}  // namespace sctab::streams
