#include "sctab/formats/torch_checkpoint/hparams.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::torch_checkpoint::tests {
namespace {

using core::InputError;

class HparamsFile : public testing::Test {
 protected:
  Hparams hparams(const std::string& text) const {
    std::ofstream(folder_ / "hparams.yaml") << text;
    return Hparams(folder_ / "hparams.yaml");
  }
  sctab::tests::TemporaryFolder folder_;
};

TEST_F(HparamsFile, PlainValuesAreReadAndTheRestIsLeftAlone) {
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

TEST_F(HparamsFile, NumbersThatDoNotFitAreNotTheNearestThatDoes) {
  const Hparams found = hparams("large: 9223372036854775808\nhuge: 1e999\nnone: nan\ninfinite: inf\nhalf: 1.5\n");
  for (const char* key : {"large", "half"}) {
    SCTAB_EXPECT_THROW_WITH((void)found.integer(key), InputError, key, "expected a whole number");
  }
  for (const char* key : {"huge", "none", "infinite"}) {
    SCTAB_EXPECT_THROW_WITH((void)found.real(key), InputError, key, "expected a number");
  }
}

TEST_F(HparamsFile, FlowMapsAndQuotesAreReadAsYamlHasThem) {
  const Hparams found = hparams("{n_d: 16, mask_type: \"ent\\u006dax\", name: 'it''s'}\n");
  EXPECT_EQ(found.integer("n_d"), 16);
  EXPECT_EQ(found.text("mask_type"), "entmax");
  EXPECT_EQ(found.text("name"), "it's");
  EXPECT_FALSE(hparams("").contains("n_d"));
}

TEST_F(HparamsFile, AliasesAreNotExpandedAndDepthIsLimited) {
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
  for (const std::string level : {"{a: ", "[{", "- ", "? ", "? - ", "- {a: [", "{? "}) {
    std::string deep = "x:\n  ";
    for (int i = 0; i < 100'000; ++i) deep += level;
    SCTAB_EXPECT_THROW_WITH(hparams(deep + "\n"), InputError, "hparams.yaml, line");
  }
}

TEST_F(HparamsFile, HparamsThatAreNotAreNamed) {
  SCTAB_EXPECT_THROW_WITH(hparams("n_d: 1\nwhat is this\nb: 2\n"), InputError, "hparams.yaml, line 3", "is not YAML");
  SCTAB_EXPECT_THROW_WITH(hparams("n_d:1\n"), InputError, "line 1", "is not a map");
  SCTAB_EXPECT_THROW_WITH(hparams("- n_d\n"), InputError, "line 1", "is a list");
  SCTAB_EXPECT_THROW_WITH((void)hparams("n_d: '1\n").integer("n_d"), InputError, "n_d");
  SCTAB_EXPECT_THROW_WITH(hparams("n_d: 1\n---\nn_d: 2\n"), InputError, "second document");
  SCTAB_EXPECT_THROW_WITH(hparams("n_d: 1\nn_d: 2\n"), InputError, "line 2: has n_d a second time");
  SCTAB_EXPECT_THROW_WITH(hparams("n_d: \xFF\n"), InputError, "not UTF-8");
  SCTAB_EXPECT_THROW_WITH(Hparams(folder_ / "none.yaml"), InputError, "none.yaml", "no such file");
}

}  // namespace
}  // namespace sctab::torch_checkpoint::tests
