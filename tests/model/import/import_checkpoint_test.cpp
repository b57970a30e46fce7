#include "sctab/model/import_checkpoint.hpp"

#include <gtest/gtest.h>

#include "formats/parquet/sql.hpp"
#include "model/published_files.hpp"
#include "sctab/core/error.hpp"
#include "sctab/model/model_directory.hpp"
#include "sctab/ontology/ontology.hpp"
#include "support/small_networks.hpp"

namespace sctab::model::tests {
namespace {

using core::InputError;

TEST(ArchitectureOfHparams, FollowsTheKeys) {
  const sctab::tests::TemporaryFolder folder;
  const auto architecture = [&](const std::string& text) {
    std::ofstream(folder / "hparams.yaml") << text;
    return architecture_of(torch_checkpoint::Hparams(folder / "hparams.yaml"));
  };
  const std::string sizes = "gene_dim: 120\ntype_dim: 11\n";
  EXPECT_EQ(architecture(sizes).kind, ModelKind::kLinear);
  const auto mlp = architecture(sizes + "hidden_size: 12\nn_hidden: 3\ndropout: 0.1\n");
  EXPECT_EQ(mlp.kind, ModelKind::kMlp);
  EXPECT_EQ(mlp.mlp.hidden_size, 12);
  EXPECT_EQ(mlp.mlp.n_hidden, 3);
  SCTAB_EXPECT_THROW_WITH(architecture(sizes + "n_d: 4\n"), InputError, "hparams.yaml", "n_a: is missing");
  SCTAB_EXPECT_THROW_WITH(architecture("type_dim: 11\n"), InputError, "gene_dim: is missing");
  SCTAB_EXPECT_THROW_WITH(architecture(sizes + "hidden_size: 0\nn_hidden: 3\ndropout: 0\n"), InputError, "hparams.yaml",
                          "hidden_size");
}

TEST(ImportCheckpoint, LabelsJoinTheOntologyAndWhatDoesNotStaysWithoutId) {
  PublishedFiles files(small_architecture(ModelKind::kLinear), checkpoint_of(small_architecture(ModelKind::kLinear)));
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
  for (const ontology::MatchedLabel& label : result.labels) ids.push_back(label.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"", "CL:0000084", "CL:0000236", "CL:0000000", ""}));

  const auto model = read_description(files.options.output);
  EXPECT_EQ(model.cell_types[0].label, "fried egg");
  EXPECT_EQ(model.cell_types[0].id, "");
  EXPECT_EQ(model.cell_types[4].id, "");
  EXPECT_NE(model_card(model).find("\"fried egg\" has no Cell Ontology id"), std::string::npos);
  EXPECT_EQ(ontology::Ontology::from_json(model.ontology, "").size(), 4) << "with the obsolete one";

  files.options.overwrite = true;
  files.write(files.options.labels, "label\na\nb\nc\nd\ne\n");
  SCTAB_EXPECT_THROW_WITH(import_checkpoint(files.options), InputError, "cell_type.csv", "none of its 5 labels");
  files.options.ontology.clear();
  SCTAB_EXPECT_THROW_WITH(import_checkpoint(files.options), InputError, "cell_type.csv", "give --ontology");
}

TEST(ImportCheckpoint, FilesThatDoNotBelongTogetherAreNamed) {
  const Architecture architecture = small_architecture(ModelKind::kTabnet);
  CheckpointText text = checkpoint_of(architecture);
  text.hyper_parameters = {{"gamma", 1.3}, {"n_d", std::int64_t{4}}, {"mask_type", std::string("entmax")}};
  const PublishedFiles files(architecture, text);
  const auto expect_refused = [&](const Architecture& changed, const char* where, const char* what) {
    files.write(files.options.hparams, hparams_text(changed));
    SCTAB_EXPECT_THROW_WITH(import_checkpoint(files.options), InputError, where, what);
    EXPECT_FALSE(std::filesystem::exists(files.options.output));
  };
  Architecture changed = architecture;
  changed.n_genes = 13;
  expect_refused(changed, "var.csv", "has 12 genes; expected the 13");
  changed = architecture;
  changed.n_types = 6;
  expect_refused(changed, "cell_type.csv", "has 5 labels; expected the 6");
  changed = architecture;
  changed.tabnet.gamma = 1.5;
  expect_refused(changed, "epoch=41.ckpt", "gamma: 1.3; expected 1.5");
  changed = architecture;
  changed.tabnet.mask_type = MaskType::kSparsemax;
  expect_refused(changed, "epoch=41.ckpt", "mask_type: entmax; expected sparsemax");
  changed = architecture;
  changed.tabnet.n_d = 5;
  expect_refused(changed, "epoch=41.ckpt", "n_d: 4; expected 5");
  changed = architecture;
  changed.tabnet.n_a = 700'000;
  expect_refused(changed, "epoch=41.ckpt", "expected [1400008, 12]");
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
  PublishedFiles files(small_architecture(ModelKind::kLinear), checkpoint_of(small_architecture(ModelKind::kLinear)));
  const auto expected = import_checkpoint(files.options);
  const auto genes = read_description(files.options.output).genes;
  const auto convert = [](const std::filesystem::path& csv, const char* select) {
    const std::string parquet = csv.string() + ".parquet";
    sctab::tests::run_sql(fmt::format("COPY (SELECT {} FROM read_csv('{}', header = true, all_varchar = true)) TO '{}'",
                                      select, csv.string(), parquet));
    return parquet;
  };
  files.options.genes = convert(files.options.genes, "*");
  files.options.labels = convert(files.options.labels, "*");
  SCTAB_EXPECT_THROW_WITH(import_checkpoint(files.options), InputError,
                          "is a finished model of kind linear, imported from epoch=41.ckpt", "--overwrite");
  files.options.overwrite = true;
  const auto found = import_checkpoint(files.options);
  EXPECT_EQ(read_description(files.options.output).genes.ids, genes.ids);
  ASSERT_EQ(found.labels.size(), expected.labels.size());
  for (std::size_t i = 0; i < found.labels.size(); ++i) EXPECT_EQ(found.labels[i].id, expected.labels[i].id);
}

TEST(ImportCheckpoint, ParquetThatCannotBeReadIsRefused) {
  const PublishedFiles files(small_architecture(ModelKind::kLinear),
                             checkpoint_of(small_architecture(ModelKind::kLinear)));
  files.write(files.options.genes, "PAR1 and so on");
  SCTAB_EXPECT_THROW_WITH(import_checkpoint(files.options), InputError, "var.csv", "Parquet");
}

TEST(ImportCheckpoint, AFolderOfTheUsersIsNotReplaced) {
  const PublishedFiles files(small_architecture(ModelKind::kLinear),
                             checkpoint_of(small_architecture(ModelKind::kLinear)));
  std::filesystem::create_directory(files.options.output);
  files.write(files.options.output / "thesis.txt", "two years");
  EXPECT_THROW(import_checkpoint(files.options), InputError);
  EXPECT_TRUE(std::filesystem::exists(files.options.output / "thesis.txt"));
}

}  // namespace
}  // namespace sctab::model::tests
