#include "sctab/model/model_kinds.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "sctab/core/alternatives.hpp"
#include "sctab/core/error.hpp"
#include "sctab/model/architecture.hpp"
#include "sctab/model/predictor.hpp"

namespace sctab::model {
namespace {

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kModelKinds.size(); ++i) {
    if (static_cast<std::size_t>(kModelKinds.at(i).kind) != i) return false;
  }
  return true;
}
static_assert(is_in_order(), "rows of kModelKinds are in the order of ModelKind");

void refuse_network_options(ModelKind kind, const PredictorOptions& options) {
  if (options.precision != kernels::Precision::kHalf) return;
  throw core::InputError({.subject = "half precision",
                          .found = fmt::format("applies to networks only, and this model is {}", name(kind)),
                          .next_step = "remove it"});
}

}  // namespace

ModelKind parse_model_kind(std::string_view text) {
  std::vector<std::string_view> names;
  for (const ModelKindInfo& kind : kModelKinds) {
    if (text == kind.name) return kind.kind;
    names.push_back(kind.name);
  }
  throw core::InputError(
      {.subject = "kind of model", .found = fmt::format("\"{}\"", text), .expected = core::alternatives(names)});
}

std::string kinds_with(OptionGroup group) {
  std::vector<std::string_view> names, others;
  bool are_networks = true;  // all of them, and nothing else
  for (const ModelKindInfo& kind : kModelKinds) {
    const bool takes_it = kind.options.contains(group);
    (takes_it ? names : others).push_back(kind.name);
    are_networks = are_networks && takes_it == (is_network(kind.kind) || kind.kind == ModelKind::kMixed);
  }
  if (are_networks) return "networks";
  if (others.size() == 1) return fmt::format("all kinds but {}", others.front());
  const std::string_view last = names.back();
  names.pop_back();
  return names.empty() ? std::string(last) : fmt::format("{} and {}", fmt::join(names, ", "), last);
}

std::unique_ptr<Predictor> load_predictor(const std::filesystem::path& weights, const Architecture& architecture,
                                          const PredictorOptions& options) {
  if (!is_network(architecture.kind)) {
    (void)kernels::backend(options.device);  // refused where this build has none
    refuse_network_options(architecture.kind, options);
  }
  LoadPredictor* const load = info(architecture.kind).load;
  SCTAB_ASSERT(load != nullptr);
  return load(weights, architecture, options);
}

}  // namespace sctab::model
