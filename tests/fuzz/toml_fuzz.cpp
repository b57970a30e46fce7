#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "lab/experiments/settings_reader.hpp"

namespace sctab::fuzz {

void fuzz_toml(Bytes bytes) {
  const MemoryFile file(bytes);
  experiments::TomlFile toml = experiments::read_toml(file.path());
  (void)experiments::take_overrides(toml, "small", true);
  (void)toml.value.dump();
}

}  // namespace sctab::fuzz
