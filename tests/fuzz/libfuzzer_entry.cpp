// libFuzzer's entry for one harness, which SCTAB_FUZZ_HARNESS names. What it throws ends the process: a finding.
#include <cstddef>
#include <cstdint>

#include "fuzz/harnesses.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sctab::fuzz::run_harness(sctab::fuzz::SCTAB_FUZZ_HARNESS, {data, size});
  return 0;
}
