#include <array>

#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/formats/npy/npy.hpp"

namespace sctab::fuzz {

/// Reads numbers until there are no more, which is an InputError: no shape may give more than the file holds.
void fuzz_npy(Bytes bytes) {
  const MemoryFile file(bytes);
  npy::Reader reader(file.path());
  (void)reader.shape_text();
  std::array<double, 64> numbers{};
  while (true) reader.read(numbers);
}

}  // namespace sctab::fuzz
