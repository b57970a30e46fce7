#include <array>

#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/tar/tar_reader.hpp"

namespace sctab::fuzz {

/// Members never hold more than the archive does.
void fuzz_tar(Bytes bytes) {
  const MemoryFile file(bytes);
  tar::Reader reader(streams::open_stream(file.path()));
  const bool is_packed = bytes.size() > 1 && bytes[0] == 0x1F;
  std::size_t n_bytes = 0;
  while (const auto member = reader.next()) {
    SCTAB_ASSERT(member->bytes >= 0);
    std::array<std::byte, 1000> piece{};
    while (const std::size_t n = reader.read(piece)) n_bytes += n;
  }
  SCTAB_ASSERT(is_packed || n_bytes <= bytes.size());
}

}  // namespace sctab::fuzz
