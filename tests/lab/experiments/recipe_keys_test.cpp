// docs/benchmark.md lists exactly the keys that the readers take.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "lab/experiments/parsed_recipe.hpp"
#include "sctab/core/error.hpp"
#include "support/source_folder.hpp"

namespace sctab::experiments::tests {
namespace {

constexpr const char* kUnknown = "no_such_key = 1\n";

using Keys = std::set<std::string>;

/// The keys that the reader lists when it refuses an unknown one.
Keys keys_of(const std::string& recipe) {
  constexpr std::string_view kBefore = "one of ";
  core::Problem problem;
  try {
    static_cast<void>(parse_recipe(recipe));
  } catch (const core::InputError& error) {
    problem = error.problem();
  }
  Keys keys;
  if (problem.found != "not a known key" || !problem.expected.starts_with(kBefore)) {
    ADD_FAILURE() << "not refused for its key, but: " << core::format(problem);
    return keys;
  }
  std::istringstream list(problem.expected.substr(kBefore.size()));
  for (std::string key; list >> key;) {
    if (key.back() == ',') key.pop_back();
    EXPECT_TRUE(keys.insert(key).second) << key << " is listed twice: " << problem.expected;
  }
  return keys;
}

std::string one_seed_with(const std::string& rest) {
  return "title = \"t\"\nseeds = [1]\n" + rest;
}

Keys without(Keys keys, const Keys& others) {
  std::erase_if(keys, [&others](const std::string& key) { return others.contains(key); });
  return keys;
}

std::string page() {
  std::stringstream text;
  text << std::ifstream(sctab::tests::source_folder() / "docs" / "benchmark.md").rdbuf();
  return text.str();
}

/// Expects a row with exactly these keys in the page's table.
void expect_row(const std::string& section, const Keys& keys) {
  const std::string row = fmt::format("| {} | `{}` |", section, fmt::join(keys, "`, `"));
  EXPECT_NE(page().find(row + "\n"), std::string::npos) << "docs/benchmark.md lacks the line\n" << row;
}

TEST(RecipeKeys, OfTablesAreThoseOfThePage) {
  const std::string model = one_seed_with("[[model]]\nname = \"a\"\nkind = \"linear\"\n");
  expect_row("a recipe", keys_of(kUnknown + model));
  expect_row("`[corpus]`", keys_of(model + "[corpus]\nsources = [\"a.h5ad\"]\n" + kUnknown));
  expect_row("`[corpus.simulate]`", keys_of(model + "[corpus.simulate]\n" + kUnknown));
  expect_row("`[[part]]`", keys_of(model + "[[part]]\nname = \"p\"\n" + kUnknown));
  const std::string finding = model + "[[finding]]\ntext = \"f\"\npaper = \"p\"\nthan = 0.5\n";
  expect_row("`[[finding]]`", keys_of(finding + kUnknown + "left = {model = \"a\"}\n"));
  expect_row("`left` and `right` of it", keys_of(finding + "left = {model = \"a\", no_such_key = 1}\n"));
}

TEST(RecipeKeys, OfModelsAreThoseOfThePage) {
  const auto of = [](const std::string& kind) {
    return keys_of(one_seed_with("[[model]]\nname = \"a\"\nkind = \"" + kind + "\"\n" + kUnknown));
  };
  const Keys any = of("centroid"), network = of("linear"), tabnet = of("tabnet"), mlp = of("mlp");
  expect_row("`[[model]]`, any kind", any);
  expect_row("… networks: tabnet, mlp, linear, mixed", without(network, any));
  expect_row("… tabnet, mixed", without(tabnet, network));
  expect_row("… mlp, mixed", without(mlp, network));
  expect_row("… xgboost", without(of("xgboost"), any));
  expect_row("… pca+linear", without(of("pca+linear"), any));
  expect_row("… knn", without(of("knn"), any));
  expect_row("… loader", without(of("loader"), any));
  expect_row("… celltypist", without(of("celltypist"), any));
  const std::string command = "[[model]]\nname = \"a\"\nkind = \"command\"\ncommand = \"mine {store} {out}\"\n";
  expect_row("… command", without(keys_of(one_seed_with(command + kUnknown)), any));
  Keys both = tabnet;
  both.insert(mlp.begin(), mlp.end());
  EXPECT_EQ(of("mixed"), both);
}

TEST(RecipeKeys, OfFiguresAreThoseOfThePage) {
  const auto of = [](const std::string& kind) {
    return keys_of(one_seed_with("[[model]]\nname = \"a\"\nkind = \"linear\"\n[[figure]]\ntitle = \"f\"\nkind = \"" +
                                 kind + "\"\n" + kUnknown));
  };
  const Keys any = of("tissues");
  expect_row("`[[figure]]`, any kind", any);
  expect_row("… bars, curves, lines, members", without(of("bars"), any));
  expect_row("… lines", without(of("lines"), of("bars")));
  for (const char* kind : {"curves", "members"}) EXPECT_EQ(of(kind), of("bars")) << kind;
  for (const char* kind : {"types", "reliability"}) EXPECT_EQ(of(kind), any) << kind;
}

}  // namespace
}  // namespace sctab::experiments::tests
