#pragma once

#include <array>
#include <string_view>

#include "sctab/train/plan.hpp"

namespace sctab::train {

/// The kinds of network, in the order in which a mixed ensemble takes turns. The first one's embedding is the model's.
inline constexpr std::array kNetworkKinds = {nn::ModelKind::kTabnet, nn::ModelKind::kMlp, nn::ModelKind::kLinear};

/// The option that was given and belongs to this kind alone; empty if none was.
std::string_view given_option_of(nn::ModelKind kind, const PlanOptions& options);

/// What was given for another kind of network would be without effect. Throws InputError naming such an option.
void check_kind(nn::ModelKind kind, const PlanOptions& options);

/// What the options of a mixed ensemble say to its networks of one kind.
PlanOptions options_of(nn::ModelKind kind, PlanOptions options);

}  // namespace sctab::train
