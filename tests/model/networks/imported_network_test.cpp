#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/published_files.hpp"
#include "sctab/model/classifier.hpp"
#include "sctab/model/model_directory.hpp"
#include "sctab/nn/network.hpp"
#include "sctab/ontology/ontology.hpp"
#include "support/random_tensors.hpp"
#include "support/small_networks.hpp"

namespace sctab::model::tests {
namespace {

/// A network whose running statistics are not the initial ones.
std::unique_ptr<nn::Network> used_network(ModelKind kind) {
  auto network = nn::make_network(small_architecture(kind), 3);
  const sparse::CsrMatrix cells = nn::tests::random_cells(16, 12, 5);
  const at::NoGradGuard no_gradient;
  for (int i = 0; i < 5; ++i) network->forward(cells.view());
  return network;
}

TensorBytes bytes_of(const nn::Network& network) {
  return [&network](const NetworkTensor& tensor) {
    for (const auto* group : {&network.state().parameters(), &network.state().buffers()}) {
      for (const auto& [name, values] : *group) {
        const at::Tensor flat = values.detach().contiguous();
        if (name == tensor.name) return std::string(static_cast<const char*>(flat.data_ptr()), flat.nbytes());
      }
    }
    throw std::out_of_range(tensor.name);
  };
}

class EachPublishedKind : public testing::TestWithParam<ModelKind> {};

TEST_P(EachPublishedKind, PredictsAsTheNetworkDid) {
  const auto network = used_network(GetParam());
  const PublishedFiles files(small_architecture(GetParam()),
                             checkpoint_of(small_architecture(GetParam()), bytes_of(*network)));
  const ImportResult result = import_checkpoint(files.options);
  EXPECT_EQ(result.architecture.kind, GetParam());

  network->eval();
  const at::NoGradGuard no_gradient;
  const sparse::CsrMatrix cells = nn::tests::random_cells(10, 12, 4);
  const auto classifier = Classifier::load(files.options.output, {.threads = 1});
  const auto found = classifier.predict(cells.view()).probabilities;
  // Classifier prepares its weights once, which folds batch norm into them: the same but for rounding.
  const at::Tensor want = network->forward(cells.view()).logits.softmax(1);
  EXPECT_TRUE(at::allclose(at::tensor(found).view({10, 5}), want, 1e-5, 1e-6));

  const ModelDescription& model = classifier.description();
  EXPECT_EQ(to_json(model.architecture), to_json(small_architecture(GetParam())));
  EXPECT_EQ(model.genes.ids[11], "ENSG00000000012");
  EXPECT_EQ(model.genes.symbols[11], "G11");
  EXPECT_EQ(model.cell_types[4].label, "type, 4");
  EXPECT_EQ(model.cell_types[4].id, "CL:0000005");
  EXPECT_EQ(model.training["epoch"], 41);
  EXPECT_EQ(model.training["checkpoint"], "epoch=41.ckpt");
  EXPECT_EQ(ontology::Ontology::from_json(model.ontology, "").size(), 1) << "the root alone: none was given";
}

INSTANTIATE_TEST_SUITE_P(Kinds, EachPublishedKind, testing::ValuesIn(kAllKinds),
                         [](const auto& kind) { return std::string(name(kind.param)); });

}  // namespace
}  // namespace sctab::model::tests
