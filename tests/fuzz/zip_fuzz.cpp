#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/torch_checkpoint/zip_archive.hpp"

namespace sctab::fuzz {

/// Every entry is read, whether others are damaged or not.
void fuzz_zip(Bytes bytes) {
  constexpr std::uint64_t kMostBytes = 1 << 20;
  const MemoryFile file(bytes);
  const torch_checkpoint::ZipArchive archive(file.path());
  for (const auto& [name, entry] : archive.entries()) {
    try {
      (void)archive.read(name, kMostBytes);
    } catch (const core::InputError&) {
    }
  }
}

}  // namespace sctab::fuzz
