#include "sctab/published/hparams.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "sctab/core/error.hpp"
#include "sctab/published/import_checkpoint.hpp"
#include "sctab/published/label_table.hpp"
#include "support/fixtures.hpp"

namespace sctab::published::tests {
namespace {

using core::InputError;

class TextFiles : public testing::Test {
 protected:
  Hparams hparams(const std::string& text) const {
    std::ofstream(folder_ / "hparams.yaml") << text;
    return Hparams(folder_ / "hparams.yaml");
  }
  LabelTable labels(const std::string& text) const {
    std::ofstream(folder_ / "cell_type.csv") << text;
    return read_label_table(folder_ / "cell_type.csv");
  }
  sctab::tests::TemporaryFolder folder_;
};

TEST_F(TextFiles, PlainValuesAreReadAndTheRestIsLeftAlone) {
  const Hparams found = hparams(
      "---\n# a comment\nn_d: 16\r\ngamma: 1.3 # of attention\nepsilon: 1e-15\nmask_type: 'entmax'\nname: \"a b\"\n\n"
      "optimizer: !!python/name:torch.optim.adamw.AdamW ''\n"
      "scheduler: !!python/object/apply:os.system\n- touch x\n- args: [1, 2]\n"
      "kwargs:\n  gamma: 0.9\n  n_d: 99\nlist: [1, 2]\nalias: &x 5\nempty:\n...\n");
  EXPECT_EQ(found.integer("n_d"), 16);
  EXPECT_EQ(found.real("gamma"), 1.3);
  EXPECT_EQ(found.real("epsilon"), 1e-15);
  EXPECT_EQ(found.real("n_d"), 16);
  EXPECT_EQ(found.text("mask_type"), "entmax");
  EXPECT_EQ(found.text("name"), "a b");
  for (const char* key : {"optimizer", "scheduler", "kwargs", "list", "alias", "empty"}) {
    EXPECT_TRUE(found.contains(key));
    SCTAB_EXPECT_THROW_WITH((void)found.text(key), InputError, "hparams.yaml", key, "a list, a map or a Python object");
  }
  SCTAB_EXPECT_THROW_WITH((void)found.integer("gamma"), InputError, "gamma: 1.3; expected a whole number");
  SCTAB_EXPECT_THROW_WITH((void)found.real("mask_type"), InputError, "mask_type: entmax; expected a number");
  SCTAB_EXPECT_THROW_WITH((void)found.text("n_a"), InputError, "n_a: is missing");
}

TEST_F(TextFiles, FlowMapsAndQuotesAreReadAsYamlHasThem) {
  const Hparams found = hparams("{n_d: 16, mask_type: \"ent\\u006dax\", name: 'it''s'}\n");
  EXPECT_EQ(found.integer("n_d"), 16);
  EXPECT_EQ(found.text("mask_type"), "entmax");
  EXPECT_EQ(found.text("name"), "it's");
  EXPECT_FALSE(hparams("").contains("n_d"));
}

TEST_F(TextFiles, AliasesAreNotExpandedAndDepthIsLimited) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 40; ++i) {
    bomb += fmt::format("a{}: &a{} [", i, i);
    for (int k = 0; k < 9; ++k) bomb += fmt::format("{}*a{}", k == 0 ? "" : ", ", i - 1);
    bomb += "]\n";
  }
  EXPECT_EQ(hparams(bomb + "n_d: 16\nother: *a39\n").integer("n_d"), 16);
  SCTAB_EXPECT_THROW_WITH((void)hparams(bomb + "n_d: *a39\n").text("n_d"), InputError, "n_d", "a plain value");
  const auto nested = [](std::size_t depth) {
    return "x: " + std::string(depth, '[') + std::string(depth, ']') + "\n";
  };
  EXPECT_TRUE(hparams(nested(99)).contains("x"));
  SCTAB_EXPECT_THROW_WITH(hparams(nested(100)), InputError, "line 1", "more than 100 deep");
  SCTAB_EXPECT_THROW_WITH(hparams(nested(100'000)), InputError, "line 1");
}

TEST_F(TextFiles, HparamsThatAreNotAreNamed) {
  SCTAB_EXPECT_THROW_WITH(hparams("n_d: 1\nwhat is this\nb: 2\n"), InputError, "hparams.yaml, line 3", "is not YAML");
  SCTAB_EXPECT_THROW_WITH(hparams("n_d:1\n"), InputError, "line 1", "is not a map");
  SCTAB_EXPECT_THROW_WITH(hparams("- n_d\n"), InputError, "line 1", "is a list");
  SCTAB_EXPECT_THROW_WITH((void)hparams("n_d: '1\n").integer("n_d"), InputError, "n_d");
  SCTAB_EXPECT_THROW_WITH(hparams("n_d: 1\n---\nn_d: 2\n"), InputError, "second document");
  SCTAB_EXPECT_THROW_WITH(hparams("n_d: 1\nn_d: 2\n"), InputError, "line 2: has n_d a second time");
  SCTAB_EXPECT_THROW_WITH(hparams("n_d: \xFF\n"), InputError, "not UTF-8");
  SCTAB_EXPECT_THROW_WITH(Hparams(folder_ / "none.yaml"), InputError, "none.yaml", "no such file");
}

TEST_F(TextFiles, ArchitectureFollowsTheKeys) {
  const std::string sizes = "gene_dim: 120\ntype_dim: 11\n";
  EXPECT_EQ(architecture(hparams(sizes)).kind, model::ModelKind::kLinear);
  const auto mlp = architecture(hparams(sizes + "hidden_size: 12\nn_hidden: 3\ndropout: 0.1\n"));
  EXPECT_EQ(mlp.kind, model::ModelKind::kMlp);
  EXPECT_EQ(mlp.mlp.hidden_size, 12);
  EXPECT_EQ(mlp.mlp.n_hidden, 3);
  SCTAB_EXPECT_THROW_WITH(architecture(hparams(sizes + "n_d: 4\n")), InputError, "hparams.yaml", "n_a: is missing");
  SCTAB_EXPECT_THROW_WITH(architecture(hparams("type_dim: 11\n")), InputError, "gene_dim: is missing");
  SCTAB_EXPECT_THROW_WITH(architecture(hparams(sizes + "hidden_size: 0\nn_hidden: 3\ndropout: 0\n")), InputError,
                          "hparams.yaml", "hidden_size");
}

TEST_F(TextFiles, LabelTables) {
  const LabelTable lookup = labels("\xEF\xBB\xBF,label\r\n0,B cell\r\n1,\"CD14-low, \"\"CD16\"\" monocyte\"\r\n");
  EXPECT_EQ(lookup.labels, (std::vector<std::string>{"B cell", "CD14-low, \"CD16\" monocyte"}));
  EXPECT_TRUE(lookup.ids.empty());
  const LabelTable with_ids = labels("cell_type,cell_type_ontology_term_id,n\nB cell,CL:0000236,3\nT cell,,4");
  EXPECT_EQ(with_ids.labels, (std::vector<std::string>{"B cell", "T cell"}));
  EXPECT_EQ(with_ids.ids, (std::vector<std::string>{"CL:0000236", ""}));
}

TEST_F(TextFiles, LabelTablesThatAreNotAreNamed) {
  const auto expect_refused = [&](const std::string& text, const char* what) {
    SCTAB_EXPECT_THROW_WITH(labels(text), InputError, "cell_type.csv", what);
  };
  expect_refused("", "is empty");
  expect_refused("label\n", "has no rows");
  expect_refused("name,id\nB cell,1\n", "has the columns name, id; expected one named label");
  expect_refused(",label\n1,B cell\n0,T cell\n", "row 0 (counted from 0): the index \"1\"; expected 0");
  expect_refused("label\nB cell\nB cell\n", "row 1 (counted from 0): the label \"B cell\" again");
  expect_refused("label,n\nB cell,1\nT cell\n", "line 3: 1 field; expected 2");
  expect_refused("label\n\"B cell\n", "a quote is not closed");
  expect_refused("label\n\"B\" cell\n", "line 2: text behind a closing quote");
  expect_refused("label,n\n\"two\nlines\",1\n", "row 0 (counted from 0): the label");
  expect_refused("PAR1....", "Parquet");
}

}  // namespace
}  // namespace sctab::published::tests
