#pragma once

#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace sctab::tests {

/// One gzip member with this content.
inline std::string gzip_bytes(std::string_view content, int level = 6) {
  z_stream zlib{};
  if (deflateInit2(&zlib, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib does not start");
  }
  std::string packed(deflateBound(&zlib, static_cast<uLong>(content.size())) + 32, '\0');
  std::string copy(content);
  zlib.next_in = reinterpret_cast<Bytef*>(copy.data());
  zlib.avail_in = static_cast<uInt>(copy.size());
  zlib.next_out = reinterpret_cast<Bytef*>(packed.data());
  zlib.avail_out = static_cast<uInt>(packed.size());
  const int status = deflate(&zlib, Z_FINISH);
  packed.resize(zlib.total_out);
  deflateEnd(&zlib);
  if (status != Z_STREAM_END) throw std::runtime_error("zlib does not end");
  return packed;
}

}  // namespace sctab::tests
