#include "sctab/formats/h5ad/lzf.hpp"

#include <hdf5.h>

#include <cstdlib>
#include <cstring>

namespace sctab::h5ad {

// A stream is a list of items, each led by a control byte c:
//   c < 32: c + 1 literal bytes follow;
//   else: copy (c >> 5) + 2 bytes (7 in those bits: the next byte is added) from `distance` bytes back in the output,
//   where distance - 1 has the low 5 bits of c above the 8 bits of the byte that follows.
std::optional<std::size_t> lzf_decompress(std::span<const std::byte> in, std::span<std::byte> out) {
  std::size_t read = 0;
  std::size_t written = 0;
  const auto byte_at = [&](std::size_t i) { return std::to_integer<std::size_t>(in[i]); };
  while (read < in.size()) {
    const std::size_t control = byte_at(read++);
    if (control < 32) {
      const std::size_t length = control + 1;
      if (length > in.size() - read || length > out.size() - written) return std::nullopt;
      std::memcpy(&out[written], &in[read], length);
      read += length;
      written += length;
      continue;
    }
    std::size_t length = control >> 5;
    if (length == 7) {
      if (read >= in.size()) return std::nullopt;
      length += byte_at(read++);
    }
    length += 2;
    if (read >= in.size()) return std::nullopt;
    const std::size_t distance = ((control & 31) << 8 | byte_at(read++)) + 1;
    if (distance > written || length > out.size() - written) return std::nullopt;
    // Byte by byte: source and target may overlap, which is how runs are stored.
    for (std::size_t i = 0; i < length; ++i) out[written + i] = out[written + i - distance];
    written += length;
  }
  return written;
}

namespace {

/// HDF5's filter call. values[2]: bytes of a whole chunk, as h5py stores it. Returns 0 on failure.
std::size_t lzf_filter(unsigned flags, std::size_t n_values, const unsigned values[], std::size_t n_bytes,
                       std::size_t* buffer_size, void** buffer) {
  if ((flags & H5Z_FLAG_REVERSE) == 0) return 0;
  // h5py says how much a chunk holds; libhdf5 would read past the end of one that expands to less.
  const std::size_t known = n_values >= 3 ? values[2] : 0;
  // No LZF item makes more than 264 bytes out of 3.
  const std::size_t most = n_bytes * 88 + 264;
  if (known > most) return 0;
  const std::size_t capacity = known > 0 ? known : most;
  void* out = std::malloc(capacity);
  if (out == nullptr) return 0;
  const auto written =
      lzf_decompress({static_cast<const std::byte*>(*buffer), n_bytes}, {static_cast<std::byte*>(out), capacity});
  if (!written || *written == 0 || (known > 0 && *written != known)) {
    std::free(out);
    return 0;
  }
  std::free(*buffer);
  *buffer = out;
  *buffer_size = capacity;
  return *written;
}

}  // namespace

void register_lzf_filter() {
  static const H5Z_class2_t filter = {H5Z_CLASS_T_VERS,  kLzfFilter, 0,       1,
                                      "lzf (read only)", nullptr,    nullptr, lzf_filter};
  (void)H5Zregister(&filter);
}

}  // namespace sctab::h5ad
