#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sctab/formats/h5ad/hdf5_handle.hpp"

namespace sctab::h5ad {

/// The bytes of a file that HDF5 holds open, read past HDF5: by any thread, and without its lock.
class FileBytes {
 public:
  /// object: anything of the file; it must outlive this. The caller holds the Hdf5Lock.
  explicit FileBytes(hid_t object);
  /// Whether this file's addresses are as we know them (8 bytes, no user block, an ordinary file).
  [[nodiscard]] bool can_read() const { return descriptor_ >= 0; }
  [[nodiscard]] std::uint64_t size() const { return size_; }

  /// Fills `out` from this address on. False where the file does not hold that many bytes.
  [[nodiscard]] bool read(std::uint64_t address, std::span<std::byte> out) const;

 private:
  int descriptor_ = -1;  // HDF5's own
  std::uint64_t size_ = 0;
};

}  // namespace sctab::h5ad
