#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/store/chunk_map.hpp"

namespace sctab::fuzz {

/// A shard's chunks, as the loader finds them past HDF5. The first byte is the number of its cells.
void fuzz_shard(Bytes bytes) {
  if (bytes.empty()) return;
  const MemoryFile memory(bytes.subspan(1));
  (void)store::read_shard_map(memory.path(), bytes[0], store::ValueType::kUint16);
}

}  // namespace sctab::fuzz
