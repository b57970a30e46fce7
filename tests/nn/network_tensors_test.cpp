#include "sctab/model/network_tensors.hpp"

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <map>

#include "sctab/nn/network.hpp"
#include "support/small_networks.hpp"

namespace sctab::nn::tests {
namespace {

using model::NetworkTensor;
using Role = NetworkTensor::Role;

/// The list must be what the network of this architecture has.
void expect_described(const model::Architecture& architecture) {
  const auto network = make_network(architecture, 1);
  const NetworkState& state = network->state();
  const std::vector<NetworkTensor> described = model::network_tensors(architecture);
  std::map<const void*, std::string> first_name;
  std::size_t i = 0;
  for (const auto* group : {&state.parameters(), &state.buffers(), &state.tied_names()}) {
    for (const auto& [name, tensor] : *group) {
      ASSERT_LT(i, described.size());
      const NetworkTensor& found = described[i++];
      EXPECT_EQ(found.name, name);
      EXPECT_EQ(found.shape, tensor.sizes().vec()) << name;
      EXPECT_EQ(found.role == Role::kCounter, !tensor.is_floating_point()) << name;
      EXPECT_EQ(found.role == Role::kParameter, group == &state.parameters()) << name;
      const auto [first, is_new] = first_name.emplace(tensor.unsafeGetTensorImpl(), name);
      EXPECT_EQ(found.tied_to, is_new ? "" : first->second) << name;
    }
  }
  EXPECT_EQ(i, described.size());
}

TEST(NetworkTensors, AreThoseOfTheNetworks) {
  for (const model::ModelKind kind : model::tests::kAllKinds) {
    model::Architecture architecture = model::tests::small_architecture(kind);
    expect_described(architecture);
    architecture.n_levels = 3;
    expect_described(architecture);
    architecture.mlp.n_hidden = 1;
    architecture.tabnet.n_shared = 0;
    expect_described(architecture);
    architecture.tabnet.n_shared = 3;
    architecture.tabnet.n_independent = 0;
    architecture.tabnet.n_steps = 1;
    expect_described(architecture);
  }
}

}  // namespace
}  // namespace sctab::nn::tests
