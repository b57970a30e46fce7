#include "sctab/train/options.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>

#include "sctab/core/error.hpp"
#include "sctab/train/train_kinds.hpp"
#include "support/fixtures.hpp"
#include "support/source_folder.hpp"

namespace sctab::train {
namespace {

using core::InputError;
using model::ModelKind;

TEST(ModelKinds, EachCanBeLoadedAndTrained) {
  for (const model::ModelKindInfo& kind : model::kModelKinds) {
    const TrainKind* training = find_train_kind(kind.kind);
    ASSERT_NE(training, nullptr) << kind.name << " has no row in train/train_kinds.cpp";
    const bool is_of_networks = model::is_network(kind.kind) || kind.kind == ModelKind::kMixed;
    EXPECT_EQ(training->fit == nullptr, is_of_networks) << kind.name << " has no function that trains it";
    EXPECT_EQ(kind.load == nullptr, kind.kind == ModelKind::kMixed) << kind.name << " has no function that loads it";
    EXPECT_EQ(model::parse_model_kind(kind.name), kind.kind);
    EXPECT_FALSE(kind.help.empty()) << kind.name;
  }
}

TEST(Options, HaveANameOfTheirOwnAndAKindThatTakesThem) {
  std::set<std::string> names;
  for (const Option& option : kOptions) {
    EXPECT_TRUE(names.insert(std::string(option.name)).second) << option.name << " is there twice";
    EXPECT_FALSE(option.help.empty()) << option.name;
    EXPECT_FALSE(option.by_default.empty()) << option.name;
    EXPECT_FALSE(model::kinds_with(option.group).empty()) << option.name;
    EXPECT_EQ(find_option(command_line_name(option)), &option);
  }
  EXPECT_EQ(find_option("--no-such"), nullptr);
  EXPECT_EQ(find_option("n-d"), nullptr) << "it has no dashes";
}

TEST(Options, AreSetFromTextAndFromValues) {
  TrainOptions options;
  const auto set_text = [&](const char* name, const std::string& text) {
    set_from_text(options, *find_option(name), text);
  };
  set_text("--n-d", "16");
  set_text("--learning-rate", "1e-3");
  set_text("--loss", "hierarchical");
  set_text("--mask-type", "sparsemax");
  set_text("--covariate", "tissue");
  set(options, *find_option("--class-weights"), false);
  set(options, *find_option("--dropout"), std::int64_t{0});
  EXPECT_EQ(options.n_d, 16);
  EXPECT_EQ(options.learning_rate, 1e-3);
  EXPECT_EQ(options.loss, LossKind::kHierarchical);
  EXPECT_EQ(options.mask_type, model::MaskType::kSparsemax);
  EXPECT_EQ(options.covariate, "tissue");
  EXPECT_EQ(options.class_weights, false);
  EXPECT_EQ(options.dropout, 0.0) << "a whole number is a number";
  EXPECT_EQ(value(options, *find_option("--loss")), OptionValue(std::string("hierarchical")));
  EXPECT_EQ(value(options, *find_option("--n-a")), std::nullopt);
  SCTAB_EXPECT_THROW_WITH(set_text("--n-d", "16.5"), InputError, "--n-d: \"16.5\"", "a whole number from 1");
  SCTAB_EXPECT_THROW_WITH(set_text("--n-d", "many"), InputError, "--n-d: \"many\"");
  SCTAB_EXPECT_THROW_WITH(set_text("--gene-noise", ""), InputError, "--gene-noise", "from 0 to 5");
  SCTAB_EXPECT_THROW_WITH(set_text("--loss", "focal"), InputError, "\"focal\"", "cross-entropy or hierarchical");
  SCTAB_EXPECT_THROW_WITH(set_text("--covariate", "donor"), InputError, "\"donor\"", "tissue_general");
  SCTAB_EXPECT_THROW_WITH(set_text("--augment", ""), InputError, "--augment", "empty");
  SCTAB_EXPECT_THROW_WITH(set(options, *find_option("--n-d"), 16.0), InputError, "--n-d: 16");
}

TEST(Options, EachRefusesWhatIsOutOfRange) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  for (const Option& option : kOptions) {
    for (const ModelKind kind : {ModelKind::kMixed, ModelKind::kXgboost}) {
      if (!takes(kind, option) || option.name == "preset") continue;
      TrainOptions options{.kind = kind};
      EXPECT_NO_THROW(check(options));
      const auto refused = [&](const OptionValue& wrong) {
        set(options, option, wrong);
        const std::string name = command_line_name(option);
        SCTAB_EXPECT_THROW_WITH(check(options), InputError, name.c_str(), "expected");
      };
      if (std::holds_alternative<OptionalField<double>>(option.field)) {
        for (const double wrong : {nan, infinity, -infinity, -1.0}) refused(wrong);
        if (!option.range.with_least) refused(option.range.least);
        if (!option.range.with_most && std::isfinite(option.range.most)) refused(option.range.most);
      } else if (std::holds_alternative<OptionalField<std::int64_t>>(option.field)) {
        refused(std::int64_t{-1});
        if (std::isfinite(option.range.most)) refused(static_cast<std::int64_t>(option.range.most) + 1);
      }
    }
  }
}

TEST(Options, AreRefusedByKindsThatDoNotTakeThem) {
  const auto refused = [](const TrainOptions& options, const char* what) {
    SCTAB_EXPECT_THROW_WITH(check(options), InputError, what, "remove");
  };
  refused({.kind = ModelKind::kMlp, .n_d = 8},
          "--n-d: applies to tabnet and mixed, and this model is mlp; remove the option");
  refused({.kind = ModelKind::kTabnet, .xgb_rounds = 8}, "--xgb-rounds: applies to xgboost, and this model is tabnet");
  refused({.kind = ModelKind::kCentroid, .members = 2}, "--members");
  refused({.kind = ModelKind::kCelltypist, .preset = Preset::kLibrary}, "--preset: library applies to xgboost only");
  refused({.kind = {}, .components = 8}, "--components");
  EXPECT_NO_THROW(check({.kind = {}, .n_d = 8, .dropout = 0.5}));
}

TEST(Options, KnowTheNamesOfTheRowThatAnErrorIsAbout) {
  try {
    check({.kind = ModelKind::kMlp, .n_d = 8});
    FAIL();
  } catch (const InputError& error) {
    const Option* option = find_option(error.problem().subject);
    ASSERT_NE(option, nullptr);
    EXPECT_EQ(recipe_name(*option), "n_d");
  }
}

TEST(Options, OfAnotherKindAreDropped) {
  const TrainOptions mixed{.kind = ModelKind::kMixed, .batch_size = 7, .n_d = 8, .dropout = 0.5};
  EXPECT_EQ(to_json(options_for(ModelKind::kMlp, mixed)), nlohmann::json({{"batch_size", 7}, {"dropout", 0.5}}));
  EXPECT_EQ(to_json(options_for(ModelKind::kTabnet, mixed)), nlohmann::json({{"batch_size", 7}, {"n_d", 8}}));
}

std::string page(const char* name) {
  std::stringstream text;
  text << std::ifstream(sctab::tests::source_folder() / "docs" / name).rdbuf();
  return text.str();
}

/// The page holds the tables of these sections between two lines of comment.
void expect_tables(const char* name, std::span<const Section> sections) {
  const std::string expected = "<!-- made from src/sctab/train/options.hpp -->\n\n" + options_markdown(sections) +
                               "<!-- end of what is made -->\n";
  EXPECT_NE(page(name).find(expected), std::string::npos)
      << "docs/" << name << " should hold these lines, which are made from the table of options:\n"
      << expected;
}

TEST(OptionsInDocs, AreThoseOfTheTable) {
  expect_tables("options.md", std::span(kSections).first(kSections.size() - 1));
  expect_tables("baselines.md", std::array{Section::kBaselines});
}

}  // namespace
}  // namespace sctab::train
