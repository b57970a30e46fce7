#include "sctab/nn/parameter_count.hpp"

#include "sctab/core/error.hpp"
#include "sctab/nn/network.hpp"

namespace sctab::nn {

std::int64_t count_parameters(const model::Architecture& architecture) {
  SCTAB_ASSERT(model::is_network(architecture.kind) || architecture.kind == model::ModelKind::kMixed);
  std::int64_t n = 0;
  for (const model::Architecture& member : architecture.members) n += count_parameters(member);
  if (architecture.kind == model::ModelKind::kMixed) return n;
  for (const at::Tensor& parameter : make_network(architecture, 1)->parameters()) n += parameter.numel();
  return n;
}

}  // namespace sctab::nn
