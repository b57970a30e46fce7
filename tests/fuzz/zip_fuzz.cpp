#include <cstddef>
#include <vector>

#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/zip/archive.hpp"

namespace sctab::fuzz {

/// Every entry is read, and a part of it, whether others are damaged or not.
void fuzz_zip(Bytes bytes) {
  constexpr std::uint64_t kMostBytes = 1 << 20;
  const MemoryFile file(bytes);
  const zip::Archive archive(file.path(), {.last_counts = bytes.size() % 2 == 0});
  std::vector<std::byte> part(10);
  for (const auto& [name, entry] : archive.entries()) {
    try {
      (void)archive.read(name, kMostBytes);
      archive.read_part(name, entry.n_bytes / 2, part);
    } catch (const core::InputError&) {
    }
  }
}

}  // namespace sctab::fuzz
