#include "sctab/train/kind_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "sctab/core/error.hpp"

namespace sctab::train {

using nn::ModelKind;

std::string_view given_option_of(ModelKind kind, const PlanOptions& options) {
  using Given = std::pair<bool, std::string_view>;
  const auto first = [](std::initializer_list<Given> all) {
    const auto* const found = std::ranges::find_if(all, &Given::first);
    return found == all.end() ? std::string_view() : found->second;
  };
  if (kind == ModelKind::kTabnet) {
    return first({{options.n_d.has_value(), "--n-d"},
                  {options.n_a.has_value(), "--n-a"},
                  {options.n_steps.has_value(), "--n-steps"},
                  {options.n_shared.has_value(), "--n-shared"},
                  {options.n_independent.has_value(), "--n-independent"},
                  {options.virtual_batch_size.has_value(), "--virtual-batch-size"},
                  {options.momentum.has_value(), "--momentum"},
                  {options.lambda_sparse.has_value(), "--lambda-sparse"},
                  {options.mask_type.has_value(), "--mask-type"},
                  {options.reestimate_batch_norm.value_or(false), "--reestimate-batch-norm"}});
  }
  if (kind != ModelKind::kMlp) return {};
  return first({{options.n_hidden.has_value(), "--n-hidden"},
                {options.hidden_size.has_value(), "--hidden-size"},
                {options.dropout.has_value(), "--dropout"}});
}

void check_kind(ModelKind kind, const PlanOptions& options) {
  for (const ModelKind other : kNetworkKinds) {
    const std::string_view option = given_option_of(other, options);
    if (other == kind || option.empty()) continue;
    throw core::InputError(fmt::format("{}: is an option of {}, and the model is {}; leave it out or give --model {}",
                                       option, nn::name(other), nn::name(kind), nn::name(other)));
  }
}

PlanOptions options_of(ModelKind kind, PlanOptions options) {
  options.kind = kind;
  if (kind != ModelKind::kTabnet) {
    options.n_d = options.n_a = options.n_steps = options.n_shared = options.n_independent = {};
    options.virtual_batch_size = {};
    options.momentum = options.lambda_sparse = {};
    options.mask_type = {};
    options.reestimate_batch_norm = {};
  }
  if (kind != ModelKind::kMlp) {
    options.n_hidden = options.hidden_size = {};
    options.dropout = {};
  }
  return options;
}

}  // namespace sctab::train
