#include "sctab/nn/parameter_count.hpp"

#include "sctab/core/error.hpp"
#include "sctab/nn/network.hpp"

namespace sctab::nn {

std::int64_t count_parameters(const Architecture& architecture) {
  SCTAB_ASSERT(is_network(architecture.kind) || architecture.kind == ModelKind::kMixed);
  std::int64_t n = 0;
  for (const Architecture& member : architecture.members) n += count_parameters(member);
  if (architecture.kind == ModelKind::kMixed) return n;
  for (const at::Tensor& parameter : make_network(architecture, 1)->parameters()) n += parameter.numel();
  return n;
}

}  // namespace sctab::nn
