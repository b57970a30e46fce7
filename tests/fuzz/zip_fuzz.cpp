#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/zip/archive.hpp"

namespace sctab::fuzz {

/// Every entry is read, whether others are damaged or not.
void fuzz_zip(Bytes bytes) {
  constexpr std::uint64_t kMostBytes = 1 << 20;
  const MemoryFile file(bytes);
  const zip::Archive archive(file.path());
  for (const auto& [name, entry] : archive.entries()) {
    try {
      (void)archive.read(name, kMostBytes);
    } catch (const core::InputError&) {
    }
  }
}

}  // namespace sctab::fuzz
