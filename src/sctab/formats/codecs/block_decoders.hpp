#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

struct libdeflate_decompressor;
struct ZSTD_DCtx_s;

namespace sctab::codecs {

/// Bytes written, or nothing where the input is damaged or expands to more than there is room for.
using Written = std::optional<std::size_t>;

/// The compressors' own formats, without what others put around them. One object a thread: it keeps decoders' states,
/// each made when it is first needed. All throw std::bad_alloc alone.
class BlockDecoders {
 public:
  Written deflate(std::span<const std::byte> in, std::span<std::byte> out);
  /// With its checksum, which must be right.
  Written zlib(std::span<const std::byte> in, std::span<std::byte> out);
  /// Members one after the other, and zeros behind them.
  Written gzip(std::span<const std::byte> in, std::span<std::byte> out);
  Written zstd(std::span<const std::byte> in, std::span<std::byte> out);
  static Written lz4(std::span<const std::byte> in, std::span<std::byte> out);
  static Written lzf(std::span<const std::byte> in, std::span<std::byte> out);
  static Written snappy(std::span<const std::byte> in, std::span<std::byte> out);
  static Written bzip2(std::span<const std::byte> in, std::span<std::byte> out);

 private:
  struct Free {
    void operator()(libdeflate_decompressor* decoder) const;
    void operator()(ZSTD_DCtx_s* decoder) const;
  };
  libdeflate_decompressor* for_deflate();

  std::unique_ptr<libdeflate_decompressor, Free> deflate_;
  std::unique_ptr<ZSTD_DCtx_s, Free> zstd_;
};

}  // namespace sctab::codecs
