#include "sctab/train/ensemble_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/rng.hpp"

namespace sctab::train {
namespace {

using core::format_count;
using model::ModelKind;

constexpr int kMixedMembers = 3;  // of each kind
constexpr double kMixedCredit = 0.5;

/// Whether an option was given that this kind takes and other networks do not.
bool has_own_option(ModelKind kind, const TrainOptions& options) {
  return std::ranges::any_of(kOptions, [&](const Option& option) {
    const auto is_taken = [&](ModelKind other) { return takes(other, option); };
    return takes(kind, option) && !std::ranges::all_of(kNetworkKinds, is_taken) && value(options, option).has_value();
  });
}

}  // namespace

model::ModelKind choose_kind(const TrainOptions& options, const CorpusSize& size) {
  if (options.kind) return *options.kind;
  if (options.is_paper() || size.n_train >= kSmallCorpus) return ModelKind::kTabnet;
  for (const ModelKind kind : kNetworkKinds) {
    if (has_own_option(kind, options)) return kind;
  }
  return ModelKind::kMixed;
}

std::uint64_t member_seed(std::uint64_t seed, int member) {
  SCTAB_ASSERT(member >= 1);
  constexpr int kBitsDropped = 64 - 53;
  return member == 1 ? seed : core::Rng(seed).child("member", static_cast<std::uint64_t>(member))() >> kBitsDropped;
}

namespace {

/// A plan for each kind of a mixed ensemble, chosen by default or by the user, whose reasons say which kind they are of
/// and, first, why it is mixed.
std::vector<TrainPlan> mixed_turns(const TrainOptions& options, const CorpusSize& size, bool is_default) {
  std::vector<TrainPlan> turns;
  for (const ModelKind kind : kNetworkKinds) {
    TrainPlan& plan = turns.emplace_back(choose_plan(options_for(kind, options), size));
    plan.weigh_members = !options.is_paper();
    for (auto* lines : {&plan.reasons, &plan.warnings}) {
      for (std::string& line : *lines) line = fmt::format("{}: {}", model::name(kind), line);
    }
  }
  if (is_default) {
    std::vector<std::string>& reasons = turns.front().reasons;
    reasons.insert(
        reasons.begin(),
        fmt::format("a mixed ensemble of TabNets, MLPs and linear models: with {} training cells, fewer than "
                    "{}, no kind alone is the best; --kind tabnet trains one TabNet",
                    format_count(size.n_train), format_count(kSmallCorpus)));
  }
  return turns;
}

}  // namespace

std::vector<TrainPlan> choose_plans(const TrainOptions& options, const CorpusSize& size) {
  TrainOptions given = options;
  given.kind = choose_kind(options, size);
  const bool mixed = given.kind == ModelKind::kMixed;
  const bool smoothed = given.label_smoothing.value_or(0) > 0;
  if (mixed && !given.is_paper() && !smoothed) {
    given.loss = given.loss.value_or(LossKind::kHierarchical);
    if (given.loss == LossKind::kHierarchical) given.subtype_credit = given.subtype_credit.value_or(kMixedCredit);
  }
  check(given);
  const auto n_each = static_cast<int>(options.members.value_or(mixed ? kMixedMembers : 1));
  const std::vector<TrainPlan> turns =
      mixed ? mixed_turns(given, size, !options.kind.has_value()) : std::vector<TrainPlan>{choose_plan(given, size)};
  std::vector<TrainPlan> plans;
  for (int number = 1; number <= n_each * static_cast<int>(turns.size()); ++number) {
    plans.push_back(turns[static_cast<std::size_t>(number - 1) % turns.size()]);
    plans.back().seed = member_seed(options.seed, number);
  }
  return plans;
}

model::Architecture joint_architecture(std::span<const TrainPlan> plans) {
  const model::Architecture& first = plans.front().architecture;
  const auto same_kind = [&](const TrainPlan& plan) { return plan.architecture.kind == first.kind; };
  if (std::ranges::all_of(plans, same_kind)) return first;
  model::Architecture mixed;
  mixed.kind = ModelKind::kMixed;
  mixed.n_genes = first.n_genes;
  mixed.n_types = first.n_types;
  mixed.n_levels = first.n_levels;
  for (const TrainPlan& plan : plans) mixed.members.push_back(plan.architecture);
  return mixed;
}

}  // namespace sctab::train
