#include "lab/experiments/settings_reader.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "lab/experiments/recipe_file.hpp"
#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::experiments::tests {
namespace {

using core::InputError;

TEST(Toml, KeepsValuesAndLines) {
  const RecipeFile file("a = 1\nb = [0.5, \"x\"]\n\n[c]\nd = true\n\n[[e]]\nf = -2\n");
  const TomlFile toml = read_toml(file.path());
  EXPECT_EQ(toml.value.dump(), R"({"a":1,"b":[0.5,"x"],"c":{"d":true},"e":[{"f":-2}]})");
  EXPECT_EQ(toml.lines.at("/a"), 1);
  EXPECT_EQ(toml.lines.at("/b"), 2);
  EXPECT_EQ(toml.lines.at("/c/d"), 5);
  EXPECT_EQ(toml.lines.at("/e/0/f"), 8);
}

TEST(Toml, ASyntaxErrorIsReportedWithItsLine) {
  SCTAB_EXPECT_THROW_WITH(read_toml(RecipeFile("a = 1\nb =\n").path()), InputError, "recipe.toml", "line 2",
                          "not valid TOML");
  SCTAB_EXPECT_THROW_WITH(read_toml(RecipeFile("a = 1\na = 2\n").path()), InputError, "line 2");
  SCTAB_EXPECT_THROW_WITH(read_toml(RecipeFile("\nday = 2023-10-07\n").path()), InputError, "line 2", "date");
  SCTAB_EXPECT_THROW_WITH(read_toml("no/such.toml"), InputError, "no/such.toml", "recipes/");
}

/// Runs under the sanitizers, too: no damage may crash the reader or make it read beyond the text.
TEST(Toml, EveryCutAndEveryChangedByteIsReadOrRefused) {
  const std::string text = "a = [1, -2.5e3, true]\nb = \"x\\u00e9\"\n[c.d]\ne = '''y'''\n[[f]]\ng = {h = 0x1F}\n";
  const auto read_or_refuse = [](const std::string& damaged) {
    try {
      return read_toml(RecipeFile(damaged).path()).value.is_object();
    } catch (const InputError& error) {
      return error.problem().line >= 1;
    }
  };
  EXPECT_EQ(read_toml(RecipeFile(text).path()).value["f"][0]["g"]["h"], 31);
  for (std::size_t at = 0; at < text.size(); ++at) {
    EXPECT_TRUE(read_or_refuse(text.substr(0, at))) << at;
    for (const char byte : {'\0', '"', '[', '\n', '=', '\\', '9', '\xFF'}) {
      std::string changed = text;
      changed[at] = byte;
      EXPECT_TRUE(read_or_refuse(changed)) << at << " " << static_cast<int>(byte);
    }
  }
}

TEST(Toml, CharactersOutsideOfQuotesAreAscii) {
  EXPECT_EQ(read_toml(RecipeFile("x = 'é' # é\n\"ä\" = 1\n").path()).value.size(), 2U);
  for (const char* text : {"é = 1\n", "x = [1, \u03a2]\n", "x = 'a' é\n"}) {
    SCTAB_EXPECT_THROW_WITH(read_toml(RecipeFile(text).path()), InputError, "recipe.toml, line 1", "not ASCII");
  }
  EXPECT_EQ(read_toml(RecipeFile("a.\"b\" = 1\n").path()).value.size(), 1U);
  for (const char* text : {"a.'é' = 1\n", "x = 1.'é'\n"}) {
    SCTAB_EXPECT_THROW_WITH(read_toml(RecipeFile(text).path()), InputError, "line 1", "a dotted key");
  }
  EXPECT_EQ(read_toml(RecipeFile("x = \"\"\"a\\\n  bé\"\"\"\ny = \"\\\\é\"\n").path()).value.size(), 2U);
  for (const char* text : {"x = \"\"\"a\\\n  é\"\"\"\n", "x = \"\"\"\\é\"\"\"\n"}) {
    SCTAB_EXPECT_THROW_WITH(read_toml(RecipeFile(text).path()), InputError, "line 1", "after a backslash");
  }
  for (const char* text : {"x = 1'é'\n", "x = 1\"\"\"é\n", "x = 1\x7f'é'\n"}) {
    SCTAB_EXPECT_THROW_WITH(read_toml(RecipeFile(text).path()), InputError, "line 1", "a quote within a word");
  }
}

/// A program that recursed for each level would run out of stack on the deepest of these.
TEST(Toml, DepthIsLimited) {
  const auto repeated = [](const std::string& text, int n) {
    std::string all;
    for (int i = 0; i < n; ++i) all += text;
    return all;
  };
  const std::string before = "a = '#' # it's\nb = \"x\\\"#.\"\nc = '''\n'.'''''\n";  // four lines that hide no key
  for (const std::string part : {"k.", "'#'.", "\"\\\"=\" .", "k .", "''."}) {
    EXPECT_FALSE(read_toml(RecipeFile(before + repeated(part, 30) + "end = 1\n").path()).value.empty()) << part;
    for (const int n : {31, 100'000}) {
      SCTAB_EXPECT_THROW_WITH(read_toml(RecipeFile(before + repeated(part, n) + "end = 1\n").path()), InputError,
                              "recipe.toml, line 5", "more than 30 dots");
      SCTAB_EXPECT_THROW_WITH(read_toml(RecipeFile(before + "[" + repeated(part, n) + "end]\n").path()), InputError,
                              "line 5", "more than 30 dots");
    }
  }
  EXPECT_FALSE(read_toml(RecipeFile("x = [" + repeated("0.5, ", 1000) + "]\n").path()).value.empty());
  EXPECT_FALSE(read_toml(RecipeFile("x = '" + repeated(".", 99) + "' # " + repeated(".", 99)).path()).value.empty());
  for (const int n : {31, 100'000}) {
    for (const auto& [open, close] : {std::pair("[", "]"), std::pair("{a=", "}")}) {
      const std::string text = "a = " + repeated(open, n) + "1" + repeated(close, n);
      SCTAB_EXPECT_THROW_WITH(read_toml(RecipeFile(text).path()), InputError, "line 1", "nested value depth");
    }
  }
  const std::string key = repeated("k.", 30) + "k = ";
  EXPECT_FALSE(read_toml(RecipeFile(repeated(key + "{", 29) + key + "1" + repeated("}", 29)).path()).value.empty())
      << "900 levels";
}

TEST(Toml, ATableOverridesAnotherKeyByKeyAndListsAsAWhole) {
  const RecipeFile file("a = 1\nl = [1, 2, 3]\n[t]\nx = 1\ny = 2\n[small]\nb = 4\nl = [9]\n[small.t]\ny = 5\n");
  TomlFile toml = read_toml(file.path());
  EXPECT_TRUE(take_overrides(toml, "small", true));
  EXPECT_EQ(toml.value.dump(), R"({"a":1,"b":4,"l":[9],"t":{"x":1,"y":5}})");
  EXPECT_EQ(toml.lines.at("/t/x"), 4);
  EXPECT_EQ(toml.lines.at("/t/y"), 10) << "where the value is that holds";
  EXPECT_FALSE(take_overrides(toml, "small", true)) << "there was one";
  TomlFile whole = read_toml(file.path());
  EXPECT_TRUE(take_overrides(whole, "small", false));
  EXPECT_EQ(whole.value.dump(), R"({"a":1,"l":[1,2,3],"t":{"x":1,"y":2}})");
}

}  // namespace
}  // namespace sctab::experiments::tests
