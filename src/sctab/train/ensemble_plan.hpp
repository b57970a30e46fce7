#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "sctab/train/plan.hpp"

namespace sctab::train {

/// The kinds of network, in the order in which a mixed ensemble takes turns. The first one's embedding is the model's.
inline constexpr std::array kNetworkKinds = {model::ModelKind::kTabnet, model::ModelKind::kMlp,
                                             model::ModelKind::kLinear};

/// What is trained where no kind is given: the paper's TabNet with the paper preset and on large corpora, the kind
/// whose own options are given, and otherwise, below kSmallCorpus training cells, a mixed ensemble of TabNets, MLPs and
/// linear models, which docs/small-corpora.md compares with the rest.
model::ModelKind choose_kind(const TrainOptions& options, const CorpusSize& size);

/// The seed of a member, counted from 1: the first has the run's own, so that it is the network of a run without
/// members. Below 2^53, which every reader of JSON keeps.
std::uint64_t member_seed(std::uint64_t seed, int member);

/// One plan for each network to train, in the order of the model's members: they differ in their seed and, where the
/// kind is kMixed, take turns between TabNet, MLP and linear. Throws as choose_plan() does.
std::vector<TrainPlan> choose_plans(const TrainOptions& options, const CorpusSize& size);

/// The architecture of a model with these networks.
model::Architecture joint_architecture(std::span<const TrainPlan> plans);

}  // namespace sctab::train
