#include "lab/experiments/setting.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "lab/experiments/recipe_file.hpp"
#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::experiments::tests {
namespace {

using core::InputError;

TEST(Toml, KeepsValuesAndLines) {
  const RecipeFile file("a = 1\nb = [0.5, \"x\"]\n\n[c]\nd = true\n\n[[e]]\nf = -2\n");
  const Setting setting = read_toml(file.path());
  EXPECT_EQ(to_json(setting).dump(), R"({"a":1,"b":[0.5,"x"],"c":{"d":true},"e":[{"f":-2}]})");
  const auto& table = std::get<Setting::Table>(setting.value);
  EXPECT_EQ(table.at("a").line, 1);
  EXPECT_EQ(table.at("b").line, 2);
  EXPECT_EQ(std::get<Setting::Table>(table.at("c").value).at("d").line, 5);
  const Setting& entry = std::get<Setting::List>(table.at("e").value).at(0);
  EXPECT_EQ(std::get<Setting::Table>(entry.value).at("f").line, 8);
}

TEST(Toml, ASyntaxErrorIsReportedWithItsLine) {
  SCTAB_EXPECT_THROW_WITH(read_toml(RecipeFile("a = 1\nb =\n").path()), InputError, "recipe.toml", "line 2",
                          "not valid TOML");
  SCTAB_EXPECT_THROW_WITH(read_toml(RecipeFile("a = 1\na = 2\n").path()), InputError, "line 2");
  SCTAB_EXPECT_THROW_WITH(read_toml(RecipeFile("\nday = 2023-10-07\n").path()), InputError, "line 2", "date");
  SCTAB_EXPECT_THROW_WITH(read_toml("no/such.toml"), InputError, "no/such.toml", "recipes/");
}

TEST(Toml, ATableOverridesAnotherKeyByKeyAndListsAsAWhole) {
  Setting base = read_toml(RecipeFile("a = 1\nl = [1, 2, 3]\n[t]\nx = 1\ny = 2\n").path());
  override_with(base, read_toml(RecipeFile("b = 4\nl = [9]\n[t]\ny = 5\n").path()));
  EXPECT_EQ(to_json(base).dump(), R"({"a":1,"b":4,"l":[9],"t":{"x":1,"y":5}})");
}

}  // namespace
}  // namespace sctab::experiments::tests
