#include "sctab/nn/network_state.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "sctab/core/error.hpp"
#include "sctab/nn/network.hpp"
#include "support/fixtures.hpp"
#include "support/small_networks.hpp"

namespace sctab::nn::tests {
namespace {

using model::tests::small_architecture;

using core::InputError;
using Values = std::vector<NamedTensor>;

constexpr auto kWeight = "encoder.initial_splitter.shared.shared_layers.0.weight";
constexpr auto kTiedName = "encoder.feat_transformers.0.shared.glu_layers.0.fc.weight";

at::Tensor& find(Values& values, const std::string& name) {
  return std::ranges::find(values, name, &NamedTensor::name)->tensor;
}

TEST(NetworkState, LoadGivesWhatCopyTook) {
  const auto from = make_network(small_architecture(model::ModelKind::kTabnet), 1);
  const auto to = make_network(small_architecture(model::ModelKind::kTabnet), 2);
  to->state().load(from->state().copy(), "memory");
  const Values want = from->state().copy(), found = to->state().copy();
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_TRUE(at::equal(found[i].tensor, want[i].tensor)) << want[i].name;
}

TEST(NetworkState, CopyIsApart) {
  const auto network = make_network(small_architecture(model::ModelKind::kLinear), 1);
  const Values copy = network->state().copy();
  network->parameters().front().detach().zero_();
  EXPECT_FALSE(at::equal(copy.front().tensor, network->parameters().front()));
}

TEST(NetworkState, TiedNamesMayStandForTheFirst) {
  const auto from = make_network(small_architecture(model::ModelKind::kTabnet), 1);
  const auto to = make_network(small_architecture(model::ModelKind::kTabnet), 2);
  Values values = from->state().copy();
  std::ranges::find(values, kWeight, &NamedTensor::name)->name = kTiedName;
  to->state().load(values, "memory");
  for (const NamedTensor& tied : from->state().tied_names()) values.push_back(tied);
  std::erase_if(values, [seen = false](const NamedTensor& entry) mutable {
    return entry.name == kTiedName && std::exchange(seen, true);
  });
  to->state().load(values, "memory");
  EXPECT_TRUE(at::equal(from->parameters()[2], to->parameters()[2]));
}

TEST(NetworkState, WhatDoesNotFitIsNamedAndNothingChanges) {
  const auto network = make_network(small_architecture(model::ModelKind::kTabnet), 1);
  const auto other = make_network(small_architecture(model::ModelKind::kTabnet), 2);
  const Values before = network->state().copy();
  const auto expect_refused = [&](const std::function<void(Values&)>& spoil, const char* name, const char* reason) {
    Values values = other->state().copy();
    spoil(values);
    SCTAB_EXPECT_THROW_WITH(network->state().load(values, "w.safetensors"), InputError, "w.safetensors", name, reason);
    const Values after = network->state().copy();
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(at::equal(before[i].tensor, after[i].tensor));
  };
  expect_refused([](Values& v) { std::erase_if(v, [](const auto& e) { return e.name == kWeight; }); }, kWeight,
                 "missing");
  expect_refused([](Values& v) { v.push_back({"encoder.other", at::zeros({2})}); }, "encoder.other", "unknown");
  expect_refused([](Values& v) { v.push_back(v[0]); }, "encoder.initial_bn.weight", "twice");
  expect_refused([](Values& v) { find(v, kWeight) = at::zeros({14, 11}); }, kWeight, "[14, 12]");
  expect_refused([](Values& v) { find(v, kWeight) = at::zeros({14, 12}, at::kLong); }, kWeight, "Long");
  expect_refused([](Values& v) { find(v, kWeight)[3][4] = std::numeric_limits<float>::quiet_NaN(); }, kWeight, "NaN");
  expect_refused([](Values& v) { v.push_back({kTiedName, at::zeros({14, 12})}); }, kTiedName, "differ");
}

}  // namespace
}  // namespace sctab::nn::tests
