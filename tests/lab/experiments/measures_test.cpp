#include "lab/experiments/results.hpp"

#include <gtest/gtest.h>

#include "lab/experiments/parsed_recipe.hpp"
#include "sctab/core/error.hpp"

namespace sctab::experiments::tests {
namespace {

using core::InputError;

std::string with_page(const std::string& page) {
  return "title = \"t\"\nseeds = [1]\n[[part]]\nname = \"all\"\n[[part]]\nname = \"few\"\nby = \"cells\"\nfraction = "
         "0.5\n"
         "[[model]]\nname = \"net\"\nkind = \"linear\"\n[[model]]\nname = \"floor\"\nkind = \"centroid\"\n"
         "[[model]]\nname = \"reader\"\nkind = \"loader\"\n" +
         page;
}

std::string figure(const std::string& keys) {
  return with_page("[[figure]]\ntitle = \"f\"\n" + keys);
}

std::string finding(const std::string& measure, const std::string& model = "net") {
  return with_page("[[finding]]\ntext = \"claim\"\npaper = \"p\"\nthan = 0.5\nmeasure = \"" + measure +
                   "\"\nleft = {model = \"" + model + "\"}\n");
}

TEST(Measures, ThatNoTrialCanHaveAreRefusedWithSimilarOnes) {
  const auto refused = [](const std::string& recipe, const char* first, const char* second) {
    SCTAB_EXPECT_THROW_WITH(parse_recipe(recipe), InputError, "recipe.toml", first, second);
  };
  refused(figure("kind = \"bars\"\nmeasure = \"macrof1\"\n"), "figure 'f'", "'macrof1', which no trial");
  refused(figure("kind = \"bars\"\nmeasure = \"macrof1\"\n"), "try macro_f1, micro_f1", "f");
  refused(figure("kind = \"lines\"\nover = \"n_train_cell\"\n"), "'n_train_cell'", "try n_train_cells");
  refused(figure("kind = \"bars\"\nmeasure = \"tisue:lung\"\n"), "tisue:lung", "which no trial");
  refused(figure("kind = \"members\"\nmeasure = \"seconds\"\n"), "seconds@1", "macro_f1@1");
  refused(figure("kind = \"bars\"\nmodels = [\"reader\"]\n"), "'macro_f1'", "which no trial of its models can have");
  refused(figure("kind = \"bars\"\nmodels = [\"floor\"]\nmeasure = \"n_parameters\"\n"), "n_parameters", "try ");
  for (const char* measure : {"macro_f1@x", "macro_f1@0", "macro_f1@", "micro_f1@2", ""}) {
    refused(finding(measure), "finding 'claim'", "which no trial");
  }
  refused(finding("tissue:lung", "reader"), "finding 'claim'", "tissue:lung");
}

TEST(Measures, AnEnsembleHasNoRate) {
  const auto rate_of = [](const std::string& keys) {
    return parse_recipe("title = \"t\"\nseeds = [1]\n[[model]]\nname = \"net\"\n" + keys +
                        "[[figure]]\ntitle = \"f\"\nkind = \"bars\"\nmeasure = \"cells_per_second\"\n");
  };
  EXPECT_NO_THROW(rate_of("kind = \"linear\"\nmembers = 1\n"));
  for (const char* keys : {"kind = \"linear\"\nmembers = 2\n", "kind = \"mixed\"\nmembers = 1\n"}) {
    SCTAB_EXPECT_THROW_WITH(rate_of(keys), InputError, "'cells_per_second'", "which no trial");
  }
}

TEST(Measures, ThatATrialMayHaveAreAccepted) {
  for (const char* measure : {"macro_f1", "n_parameters", "macro_f1@2", "tissue:lungs", "type:B cel", "n_threads"}) {
    EXPECT_NO_THROW(parse_recipe(finding(measure))) << measure;
  }
  EXPECT_NO_THROW(parse_recipe(finding("cells_per_second", "reader")));
  EXPECT_NO_THROW(parse_recipe(figure("kind = \"bars\"\nmeasure = \"cells_per_second\"\n"))) << "one of the models may";
}

nlohmann::json trial(const std::string& model, const std::string& part) {
  nlohmann::json one = trial_json(model, part, 1, 0.5);
  one["per_tissue"] = {{"lung", 0.5}, {"blood", 0.25}, {"liver", nullptr}};
  one["per_type"] = {{{"label", "B cell"}, {"f1", 0.75}}, {{"label", "T cell"}, {"f1", 0.5}}};
  one["members"] = {{{"members", 1}, {"macro_f1", 0.5}}, {{"members", 2}, {"macro_f1", 0.6}}};
  if (part == "few") one["measures"]["auc_known_absent"] = 0.7;
  return one;
}

std::vector<std::string> missing(const std::string& recipe_text, bool has_few = true) {
  const Recipe recipe = parse_recipe(recipe_text);
  Results results(recipe);
  results.add(trial("net", "all"));
  if (has_few) results.add(trial("net", "few"));
  return missing_measures(results);
}

TEST(Measures, ThatNoFinishedTrialHasAreReportedWithSimilarOnes) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(missing(finding("macro_f1")), Lines{});
  EXPECT_EQ(missing(finding("tissue:lung")), Lines{});
  EXPECT_EQ(missing(finding("tissue:lungs")),
            Lines{"finding 'claim': none of its finished trials has a value for 'tissue:lungs'; try tissue:lung, "
                  "tissue:blood"});
  EXPECT_EQ(missing(finding("type:B cel")),
            Lines{"finding 'claim': none of its finished trials has a value for 'type:B cel'; try type:B cell, "
                  "type:T cell"});
  EXPECT_EQ(missing(finding("macro_f1@5")), Lines{"finding 'claim': none of its finished trials has a value for "
                                                  "'macro_f1@5'; try macro_f1@1, macro_f1@2"});
  EXPECT_EQ(
      missing(finding("auc_known_absent")),
      Lines{"finding 'claim': none of its finished trials has a value for 'auc_known_absent'; other trials have one"});
  EXPECT_EQ(missing(figure("kind = \"bars\"\nmeasure = \"auc_known_absent\"\n")), Lines{}) << "one of its parts has it";
  EXPECT_EQ(missing(figure("kind = \"bars\"\nmeasure = \"epochs\"\n")).size(), 1U);
  EXPECT_EQ(missing(figure("kind = \"bars\"\nparts = [\"few\"]\nmeasure = \"tissue:moon\"\n"), false), Lines{})
      << "unfinished trials are reported elsewhere";
}

}  // namespace
}  // namespace sctab::experiments::tests
