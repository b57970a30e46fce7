#include "sctab/published/import_checkpoint.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "formats/parquet/sql.hpp"
#include "published/published_files.hpp"
#include "sctab/core/error.hpp"
#include "sctab/model/classifier.hpp"
#include "sctab/model/model_directory.hpp"
#include "sctab/ontology/ontology.hpp"
#include "support/random_tensors.hpp"
#include "support/small_networks.hpp"

namespace sctab::published::tests {
namespace {

using core::InputError;
using model::ModelKind;
using model::tests::small_architecture;

/// A network whose running statistics are not the initial ones.
std::unique_ptr<nn::Network> used_network(ModelKind kind) {
  auto network = nn::make_network(small_architecture(kind), 3);
  const sparse::CsrMatrix cells = nn::tests::random_cells(16, 12, 5);
  const at::NoGradGuard no_gradient;
  for (int i = 0; i < 5; ++i) network->forward(cells.view());
  return network;
}

class EachPublishedKind : public testing::TestWithParam<ModelKind> {};

TEST_P(EachPublishedKind, PredictsAsTheNetworkDid) {
  const auto network = used_network(GetParam());
  const PublishedFiles files(small_architecture(GetParam()), checkpoint_of(*network));
  const ImportResult result = import_checkpoint(files.options);
  EXPECT_EQ(result.architecture.kind, GetParam());

  network->eval();
  const at::NoGradGuard no_gradient;
  const sparse::CsrMatrix cells = nn::tests::random_cells(10, 12, 4);
  const auto classifier = model::Classifier::load(files.options.output, {.threads = 1});
  const auto found = classifier.predict(cells.view()).probabilities;
  // Classifier prepares its weights once, which folds batch norm into them: the same but for rounding.
  const at::Tensor want = network->forward(cells.view()).logits.softmax(1);
  EXPECT_TRUE(at::allclose(at::tensor(found).view({10, 5}), want, 1e-5, 1e-6));

  const model::ModelDescription& model = classifier.description();
  EXPECT_EQ(model::to_json(model.architecture), model::to_json(small_architecture(GetParam())));
  EXPECT_EQ(model.genes.ids[11], "ENSG00000000012");
  EXPECT_EQ(model.genes.symbols[11], "G11");
  EXPECT_EQ(model.cell_types[4].label, "type, 4");
  EXPECT_EQ(model.cell_types[4].id, "CL:0000005");
  EXPECT_EQ(model.training["epoch"], 41);
  EXPECT_EQ(model.training["checkpoint"], "epoch=41.ckpt");
  EXPECT_EQ(ontology::Ontology::from_json(model.ontology, "").size(), 1) << "the root alone: none was given";
}

INSTANTIATE_TEST_SUITE_P(Kinds, EachPublishedKind, testing::ValuesIn(model::tests::kAllKinds),
                         [](const auto& kind) { return std::string(model::name(kind.param)); });

TEST(ImportCheckpoint, LabelsJoinTheOntologyAndWhatDoesNotStaysWithoutId) {
  const auto network = used_network(ModelKind::kLinear);
  PublishedFiles files(small_architecture(ModelKind::kLinear), checkpoint_of(*network));
  files.options.ontology = files.folder / "cl.obo";
  files.write(files.options.ontology,
              "format-version: 1.2\ndata-version: cl/test\n\n[Term]\nid: CL:0000000\nname: cell\n\n"
              "[Term]\nid: CL:0000084\nname: T cell\nsynonym: \"T lymphocyte\" EXACT []\nis_a: CL:0000000\n\n"
              "[Term]\nid: CL:0000236\nname: B cell\nis_a: CL:0000000\n\n"
              "[Term]\nid: CL:0000999\nname: obsolete plasma thing\nis_obsolete: true\nreplaced_by: CL:0000236\n");
  files.write(files.options.labels, "label\nfried egg\nT lymphocyte\nplasma thing\ncell\nanother egg\n");
  const ImportResult result = import_checkpoint(files.options);
  EXPECT_EQ(result.ontology_version, "cl/test");
  std::vector<std::string> ids;
  for (const JoinedLabel& label : result.labels) ids.push_back(label.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"", "CL:0000084", "CL:0000236", "CL:0000000", ""}));

  const auto model = model::read_description(files.options.output);
  EXPECT_EQ(model.cell_types[0].label, "fried egg");
  EXPECT_EQ(model.cell_types[0].id, "");
  EXPECT_EQ(model.cell_types[4].id, "");
  EXPECT_NE(model::model_card(model).find("\"fried egg\" has no Cell Ontology id"), std::string::npos);
  EXPECT_EQ(ontology::Ontology::from_json(model.ontology, "").size(), 4) << "with the obsolete one";

  files.write(files.options.labels, "label\na\nb\nc\nd\ne\n");
  SCTAB_EXPECT_THROW_WITH(import_checkpoint(files.options), InputError, "cell_type.csv", "none of its 5 labels");
  files.options.ontology.clear();
  SCTAB_EXPECT_THROW_WITH(import_checkpoint(files.options), InputError, "cell_type.csv", "give --ontology");
}

TEST(ImportCheckpoint, FilesThatDoNotBelongTogetherAreNamed) {
  const auto network = used_network(ModelKind::kTabnet);
  const model::Architecture architecture = small_architecture(ModelKind::kTabnet);
  CheckpointText text = checkpoint_of(*network);
  text.hyper_parameters = {{"gamma", 1.3}, {"n_d", std::int64_t{4}}, {"mask_type", std::string("entmax")}};
  const PublishedFiles files(architecture, text);
  const auto expect_refused = [&](const model::Architecture& changed, const char* where, const char* what) {
    files.write(files.options.hparams, hparams_text(changed));
    SCTAB_EXPECT_THROW_WITH(import_checkpoint(files.options), InputError, where, what);
    EXPECT_FALSE(std::filesystem::exists(files.options.output));
  };
  model::Architecture changed = architecture;
  changed.n_genes = 13;
  expect_refused(changed, "var.csv", "has 12 genes; expected the 13");
  changed = architecture;
  changed.n_types = 6;
  expect_refused(changed, "cell_type.csv", "has 5 labels; expected the 6");
  changed = architecture;
  changed.tabnet.gamma = 1.5;
  expect_refused(changed, "epoch=41.ckpt", "gamma: 1.3; expected 1.5");
  changed = architecture;
  changed.tabnet.mask_type = model::MaskType::kSparsemax;
  expect_refused(changed, "epoch=41.ckpt", "mask_type: entmax; expected sparsemax");
  changed = architecture;
  changed.tabnet.n_d = 5;
  expect_refused(changed, "epoch=41.ckpt", "n_d: 4; expected 5");
  changed = architecture;
  changed.tabnet.n_a = 700'000;
  expect_refused(changed, "epoch=41.ckpt", "expected [12, 700000]");
  changed = architecture;
  changed.tabnet.n_steps = 3;
  expect_refused(changed, "epoch=41.ckpt", "is missing");
  changed.kind = ModelKind::kLinear;
  expect_refused(changed, "epoch=41.ckpt", "tensor classifier.weight: is missing");
  changed.kind = ModelKind::kMlp;
  expect_refused(changed, "epoch=41.ckpt", "tensor classifier.encoder.0.weight: is missing");
  files.write(files.options.hparams, hparams_text(architecture));
  EXPECT_NO_THROW(import_checkpoint(files.options));
}

TEST(ImportCheckpoint, ReadsGenesAndLabelsOfParquet) {
  SCTAB_NEED_DUCKDB();
  const auto network = used_network(ModelKind::kLinear);
  PublishedFiles files(small_architecture(ModelKind::kLinear), checkpoint_of(*network));
  const auto expected = import_checkpoint(files.options);
  const auto genes = model::read_description(files.options.output).genes;
  const auto convert = [](const std::filesystem::path& csv, const char* select) {
    const std::string parquet = csv.string() + ".parquet";
    sctab::tests::run_sql(fmt::format("COPY (SELECT {} FROM read_csv('{}', header = true, all_varchar = true)) TO '{}'",
                                      select, csv.string(), parquet));
    return parquet;
  };
  files.options.genes = convert(files.options.genes, "*");
  files.options.labels = convert(files.options.labels, "*");
  const auto found = import_checkpoint(files.options);
  EXPECT_EQ(model::read_description(files.options.output).genes.ids, genes.ids);
  ASSERT_EQ(found.labels.size(), expected.labels.size());
  for (std::size_t i = 0; i < found.labels.size(); ++i) EXPECT_EQ(found.labels[i].id, expected.labels[i].id);
}

TEST(ImportCheckpoint, ParquetThatCannotBeReadIsRefused) {
  const auto network = used_network(ModelKind::kLinear);
  const PublishedFiles files(small_architecture(ModelKind::kLinear), checkpoint_of(*network));
  files.write(files.options.genes, "PAR1 and so on");
  SCTAB_EXPECT_THROW_WITH(import_checkpoint(files.options), InputError, "var.csv", "Parquet");
}

TEST(ImportCheckpoint, AFolderOfTheUsersIsNotReplaced) {
  const auto network = used_network(ModelKind::kLinear);
  const PublishedFiles files(small_architecture(ModelKind::kLinear), checkpoint_of(*network));
  std::filesystem::create_directory(files.options.output);
  files.write(files.options.output / "thesis.txt", "two years");
  EXPECT_THROW(import_checkpoint(files.options), InputError);
  EXPECT_TRUE(std::filesystem::exists(files.options.output / "thesis.txt"));
}

}  // namespace
}  // namespace sctab::published::tests
