#include "sctab/core/error.hpp"
#include "sctab/kernels/backend.hpp"

namespace sctab::kernels::cuda {

const Backend& backend() {
  throw core::InputError(
      {.subject = "device", .found = "cuda, which this build of sctab does not support", .next_step = "use cpu"});
}

}  // namespace sctab::kernels::cuda
