#include "sctab/kernels/backend.hpp"

#include "sctab/core/error.hpp"

namespace sctab::kernels {

const Backend& backend(Device device) {
  static const Backend cpu;
  if (device == Device::kCpu) return cpu;
  throw core::InputError(
      {.subject = "--device", .found = "cuda, which this build of sctab does not support", .next_step = "use cpu"});
}

}  // namespace sctab::kernels
