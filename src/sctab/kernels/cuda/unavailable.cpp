#include "sctab/core/error.hpp"
#include "sctab/kernels/backend.hpp"

namespace sctab::kernels::cuda {

const Backend& backend() {
  throw core::InputError(
      "device: cuda was asked for, but this build of sctab has the processor's kernels alone; use cpu");
}

}  // namespace sctab::kernels::cuda
