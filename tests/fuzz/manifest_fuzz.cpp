#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/core/error.hpp"
#include "sctab/store/manifest.hpp"
#include "sctab/store/writer_checkpoint.hpp"

namespace sctab::fuzz {

/// The description of a store, and what a killed build or import keeps of one.
void fuzz_manifest(Bytes bytes) {
  const MemoryFolder folder;
  folder.write(store::kManifestFile, bytes);
  folder.write(store::kCheckpointFile, bytes);
  try {
    (void)store::read_checkpoint(folder.path());
  } catch (const core::InputError&) {  // most are no checkpoint
  }
  (void)store::read_manifest(folder.path());
}

}  // namespace sctab::fuzz
