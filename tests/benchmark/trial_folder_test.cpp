#include "sctab/benchmark/trial_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "benchmark/recipe_file.hpp"
#include "sctab/core/error.hpp"

namespace sctab::benchmark::tests {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

Recipe example(const std::string& n_d, const std::string& name = "tab net") {
  return parse_recipe("title = \"t\"\nseeds = [1, 2]\n[[model]]\nname = \"" + name +
                      "\"\nkind = \"tabnet\"\nn_d = " + n_d + "\n");
}

std::string content(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class Folder : public testing::Test {
 protected:
  [[nodiscard]] TrialFolder open(const std::string& store = "store-hash") const {
    return {folder_ / "trials", {store, kernels::Device::kCpu}};
  }
  /// The trial's file is written, then changed by `change`.
  template <typename Change>
  FoundTrial found_after(Change change) const {
    const TrialFolder results = open();
    results.write(trial_, {{"measures", {{"macro_f1", 0.5}}}});
    change(results.file(trial_));
    return results.find(trial_);
  }

  sctab::tests::TemporaryFolder folder_;
  Recipe recipe_ = example("16");
  Trial trial_ = expand(recipe_).front();
};

double f1(const FoundTrial& found) {
  return found.result ? found.result->at("measures").at("macro_f1").get<double>() : -1;
}

TEST_F(Folder, AResultIsFoundAgainAndIsNoOthers) {
  const Recipe changed = example("32");
  const Trial other = expand(changed).front();
  EXPECT_FALSE(open().has(trial_));
  EXPECT_FALSE(fs::exists(folder_ / "trials")) << "looking makes nothing";
  EXPECT_FALSE(open().find(trial_).result);
  EXPECT_EQ(open().change(trial_), "");
  open().write(trial_, {{"measures", {{"macro_f1", 0.5}}}});
  EXPECT_TRUE(open().has(trial_));
  EXPECT_EQ(f1(open().find(trial_)), 0.5);
  EXPECT_FALSE(open().has(other));
  EXPECT_EQ(open().change(other), "model.n_d: 16 became 32");
  EXPECT_FALSE(open().has(expand(recipe_)[1])) << "another seed";
  EXPECT_FALSE(open("other-hash").has(trial_)) << "another store";
  EXPECT_NE(open("other-hash").change(trial_).find("store: \"store-hash\" became"), std::string::npos);
  open().write(other, {{"measures", {{"macro_f1", 0.6}}}});
  EXPECT_EQ(f1(open().find(trial_)), 0.5) << "the earlier result stays";
}

TEST_F(Folder, ARenamedModelsResultHasItsNewName) {
  const Recipe renamed = example("16", "tab-net");
  open().write(trial_, {{"model", "tab net"}, {"part", "an earlier name"}, {"seed", 1}});
  const FoundTrial found = open().find(expand(renamed).front());
  ASSERT_TRUE(found.result.has_value());
  EXPECT_EQ(found.result->at("model"), "tab-net");
  EXPECT_EQ(found.result->at("part"), "all");
  EXPECT_EQ(found.result->at("seed"), 1);
}

TEST_F(Folder, WhatIsNoWholeResultIsSaidAndNotTaken) {
  const auto overwrite = [](const std::string& text) {
    return [text](const fs::path& path) { std::ofstream(path) << text; };
  };
  const auto edit = [](auto change) {
    return [change](const fs::path& path) {
      json result = json::parse(content(path));
      change(result);
      std::ofstream(path) << result;
    };
  };
  const auto expect_damaged = [](const FoundTrial& found, const char* why) {
    EXPECT_FALSE(found.result.has_value()) << why;
    EXPECT_NE(found.damage.find(why), std::string::npos) << found.damage;
  };
  EXPECT_EQ(found_after([](const fs::path&) {}).damage, "");
  expect_damaged(found_after([](const fs::path& path) { fs::resize_file(path, fs::file_size(path) / 2); }), "cut");
  expect_damaged(found_after(overwrite("")), "cut");
  expect_damaged(found_after(overwrite("[1, 2]")), "no trial's result");
  expect_damaged(found_after(overwrite(R"({"identity": 3})")), "no trial's result");
  expect_damaged(found_after(edit([](json& result) { result["measures"]["macro_f1"] = 0.9; })), "changed after");
  expect_damaged(found_after(edit([](json& result) { result.erase("sha256"); })), "checksum is missing");
  expect_damaged(found_after([this](const fs::path& path) {
                   const TrialFolder results = open();
                   const Trial other = expand(recipe_)[1];
                   results.write(other, {{"measures", {{"macro_f1", 0.6}}}});
                   fs::copy_file(results.file(other), path, fs::copy_options::overwrite_existing);
                 }),
                 "another trial's result (seed: 2 became 1)");
}

TEST_F(Folder, WhatIsSetAsideIsNotLost) {
  const TrialFolder results = open();
  for (const char* text : {"first", "second"}) {
    results.write(trial_, json::object());
    std::ofstream(results.file(trial_)) << text;
    const fs::path aside = results.set_aside(trial_);
    EXPECT_EQ(content(aside), text);
    EXPECT_FALSE(results.has(trial_));
  }
  EXPECT_TRUE(open().strays().empty()) << "what is set aside is no result's name";
  SCTAB_EXPECT_THROW_WITH((void)results.set_aside(trial_), core::InputError, "tab-net.all.seed-1", "move it away");
}

TEST_F(Folder, StraysAreNamedAndChangeNothing) {
  const Recipe changed = example("32");
  open().write(trial_, json::object());
  for (const char* name : {"tab-net.all.seed-1.0.json", "broken.json"}) {
    std::ofstream(folder_ / "trials" / name) << "{";
  }
  std::ofstream(folder_ / "trials" / "notes.txt") << "mine";
  const TrialFolder results = open();
  ASSERT_EQ(results.strays().size(), 2U);
  EXPECT_EQ(results.strays()[0].filename(), "broken.json");
  EXPECT_EQ(results.change(expand(changed).front()), "model.n_d: 16 became 32");
}

/// The same trial by another version: of the two, the one written last.
TEST_F(Folder, AnotherVersionsResultIsFoundWhereItIsAskedFor) {
  open().write(trial_, {{"measures", {{"macro_f1", 0.5}}}});
  const json written = json::parse(content(open().file(trial_)));
  fs::remove(open().file(trial_));
  EXPECT_FALSE(open().find_of_other_version(trial_).has_value());
  const auto add = [&](const char* name, const char* version, double score) {
    json older = written;
    older.erase("sha256");
    older["identity"]["sctab_version"] = version;
    older["measures"]["macro_f1"] = score;
    std::ofstream(folder_ / "trials" / name) << older;
  };
  add("a.json", "0.0.1", 0.1);
  fs::last_write_time(folder_ / "trials" / "a.json", fs::file_time_type::clock::now() - std::chrono::hours(1));
  add("b.json", "0.0.2", 0.2);
  const auto found = open().find_of_other_version(trial_);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->at("measures").at("macro_f1"), 0.2);
  EXPECT_EQ(found->at("model"), "tab net");
  EXPECT_FALSE(open().find_of_other_version(expand(recipe_)[1]).has_value()) << "another seed";
}

}  // namespace
}  // namespace sctab::benchmark::tests
