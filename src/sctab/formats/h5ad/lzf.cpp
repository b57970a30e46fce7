#include "sctab/formats/h5ad/lzf.hpp"

#include <hdf5.h>
#include <lzf.h>

#include <cstdlib>
#include <limits>

namespace sctab::h5ad {

std::optional<std::size_t> expand_lzf(std::span<const std::byte> in, std::span<std::byte> out) {
  constexpr std::size_t kMost = std::numeric_limits<unsigned>::max();  // liblzf counts in unsigned
  if (in.empty()) return 0;                                            // where liblzf would read a byte
  if (in.size() > kMost || out.size() > kMost) return std::nullopt;
  const unsigned written =
      ::lzf_decompress(in.data(), static_cast<unsigned>(in.size()), out.data(), static_cast<unsigned>(out.size()));
  return written == 0 ? std::nullopt : std::optional<std::size_t>(written);
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
      expand_lzf({static_cast<const std::byte*>(*buffer), n_bytes}, {static_cast<std::byte*>(out), capacity});
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
