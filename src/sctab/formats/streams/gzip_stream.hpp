#pragma once

#include <zlib.h>

#include <vector>

#include "sctab/formats/streams/byte_stream.hpp"

namespace sctab::streams {

/// Unpacks gzip (RFC 1952) while it is read: one member or several, as bgzip and `cat a.gz b.gz` make them, with zeros
/// behind the last as tapes leave them. Checks the length and the CRC of every member. Takes 0.1 MB of memory. read()
/// throws InputError where the stream is cut off, is damaged, or is followed by anything else.
class GzipStream final : public ByteStream {
 public:
  explicit GzipStream(std::unique_ptr<ByteStream> packed);
  ~GzipStream() override;
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  std::size_t read(std::span<std::byte> out) override;
  [[nodiscard]] const std::filesystem::path& path() const override { return packed_->path(); }
  [[nodiscard]] core::FileIdentity identity() const override { return packed_->identity(); }
  [[nodiscard]] bool is_compressed() const override { return true; }

 private:
  /// Whether there are packed bytes to unpack.
  bool refill();
  void inflate_some();
  /// At the end of a member: begins the next one, or ends.
  void end_member();
  void require_zeros_to_the_end();

  std::unique_ptr<ByteStream> packed_;
  std::vector<Bytef> in_;
  z_stream zlib_{};
  bool in_member_ = true, at_end_ = false;
};

}  // namespace sctab::streams
