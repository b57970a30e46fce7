#include "sctab/model/architecture.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"
#include "support/small_networks.hpp"

namespace sctab::model::tests {
namespace {

using core::InputError;
using nlohmann::json;

TEST(Architecture, JsonKeepsEverything) {
  for (const ModelKind kind : kAllKinds) {
    Architecture architecture = small_architecture(kind);
    architecture.tabnet.mask_type = MaskType::kSparsemax;
    architecture.tabnet.gamma = 1.7;
    const json written = to_json(architecture);
    EXPECT_EQ(to_json(architecture_from_json(json::parse(written.dump()), "config.json")), written);
    EXPECT_EQ(written.contains("tabnet"), kind == ModelKind::kTabnet);
  }
}

Architecture small_mixed() {
  Architecture mixed = small_architecture(ModelKind::kMixed);
  for (const ModelKind kind : {ModelKind::kTabnet, ModelKind::kMlp}) mixed.members.push_back(small_architecture(kind));
  return mixed;
}

TEST(Architecture, OfAMixedModelIsThatOfEachMember) {
  const Architecture mixed = small_mixed();
  const json written = to_json(mixed);
  const Architecture read = architecture_from_json(json::parse(written.dump()), "config.json");
  EXPECT_EQ(to_json(read), written);
  EXPECT_EQ(member_architecture(read, 1).kind, ModelKind::kMlp);
  EXPECT_EQ(embedding_width(read), embedding_width(mixed.members[0]));
  EXPECT_EQ(to_json(member_architecture(mixed.members[1], 7)), to_json(mixed.members[1]));
}

TEST(Architecture, MembersOfAMixedModelMustFit) {
  const auto expect_refused = [](const std::function<void(Architecture&)>& spoil, const char* said) {
    Architecture mixed = small_mixed();
    mixed.validate();
    spoil(mixed);
    SCTAB_EXPECT_THROW_WITH(mixed.validate(), InputError, "members", said);
  };
  expect_refused([](Architecture& a) { a.members.clear(); }, "1 to");
  expect_refused([](Architecture& a) { ++a.members[1].n_genes; }, "n_genes");
  expect_refused([](Architecture& a) { ++a.members[1].n_types; }, "n_types");
  expect_refused([](Architecture& a) { a.members[0] = small_mixed(); }, "mixed");
  expect_refused([](Architecture& a) { a.members[0].kind = ModelKind::kCentroid; }, "centroid");
  json without = to_json(small_mixed());
  without.erase("members");
  SCTAB_EXPECT_THROW_WITH(architecture_from_json(without, "m/config.json"), InputError, "m/config.json", "members");
}

TEST(Architecture, NamesGoBothWays) {
  for (const ModelKind kind : kAllKinds) EXPECT_EQ(parse_model_kind(name(kind)), kind);
  for (const MaskType type : {MaskType::kEntmax, MaskType::kSparsemax}) EXPECT_EQ(parse_mask_type(name(type)), type);
  SCTAB_EXPECT_THROW_WITH(parse_model_kind("forest"), InputError, "forest", "tabnet, mlp, linear", "centroid");
}

TEST(Architecture, BadJsonIsNamed) {
  const auto expect_refused = [](const std::function<void(json&)>& spoil, const char* field) {
    json written = to_json(small_architecture(ModelKind::kTabnet));
    spoil(written);
    SCTAB_EXPECT_THROW_WITH(architecture_from_json(written, "m/config.json"), InputError, "m/config.json", field);
  };
  expect_refused([](json& j) { j = 3; }, "object");
  expect_refused([](json& j) { j.erase("n_genes"); }, "architecture.n_genes");
  expect_refused([](json& j) { j["kind"] = "forest"; }, "forest");
  expect_refused([](json& j) { j["n_types"] = "many"; }, "architecture.n_types");
  expect_refused([](json& j) { j["n_types"] = 1.5; }, "architecture.n_types");
  expect_refused([](json& j) { j.erase("tabnet"); }, "architecture.tabnet");
  expect_refused([](json& j) { j["tabnet"]["n_d"] = -1; }, "n_d");
  expect_refused([](json& j) { j["tabnet"]["n_d"] = 1LL << 60; }, "n_d");
  expect_refused([](json& j) { j["tabnet"]["n_d"] = 18446744073709551615ULL; }, "n_d");
  expect_refused([](json& j) { j["tabnet"]["mask_type"] = "softmax"; }, "softmax");
  expect_refused([](json& j) { j["tabnet"]["momentum"] = nullptr; }, "architecture.tabnet.momentum");
}

TEST(Architecture, RangesAreChecked) {
  const auto expect_refused = [](const std::function<void(Architecture&)>& spoil, ModelKind kind, const char* field) {
    Architecture architecture = small_architecture(kind);
    architecture.validate();
    spoil(architecture);
    SCTAB_EXPECT_THROW_WITH(architecture.validate(), InputError, field);
  };
  const ModelKind tabnet = ModelKind::kTabnet, mlp = ModelKind::kMlp;
  expect_refused([](Architecture& a) { a.n_genes = 0; }, tabnet, "n_genes");
  expect_refused([](Architecture& a) { a.n_types = 0; }, tabnet, "n_types");
  expect_refused([](Architecture& a) { a.tabnet.n_shared = a.tabnet.n_independent = 0; }, tabnet, "n_shared");
  expect_refused([](Architecture& a) { a.tabnet.virtual_batch_size = 0; }, tabnet, "virtual_batch_size");
  expect_refused([](Architecture& a) { a.tabnet.gamma = 0.9; }, tabnet, "gamma");
  expect_refused([](Architecture& a) { a.tabnet.momentum = std::nan(""); }, tabnet, "momentum");
  expect_refused([](Architecture& a) { a.tabnet.epsilon = 0; }, tabnet, "epsilon");
  expect_refused([](Architecture& a) { a.mlp.dropout = 1; }, mlp, "dropout");
  expect_refused([](Architecture& a) { a.mlp.hidden_size = 0; }, mlp, "hidden_size");
}

}  // namespace
}  // namespace sctab::model::tests
