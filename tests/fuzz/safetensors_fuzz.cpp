#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/formats/safetensors/safetensors.hpp"

namespace sctab::fuzz {

void fuzz_safetensors(Bytes bytes) {
  const MemoryFile file(bytes);
  (void)safetensors::read(file.path());
}

}  // namespace sctab::fuzz
