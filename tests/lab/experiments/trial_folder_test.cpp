#include "lab/experiments/trial.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "lab/experiments/parsed_recipe.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/sha256.hpp"
#include "support/bytes.hpp"

namespace sctab::experiments::tests {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

Recipe tabnet_recipe(const std::string& n_d, const std::string& name = "tab net") {
  return parse_recipe("title = \"t\"\nseeds = [1, 2]\n[[model]]\nname = \"" + name +
                      "\"\nkind = \"tabnet\"\nn_d = " + n_d + "\n");
}

class Folder : public testing::Test {
 protected:
  [[nodiscard]] TrialFolder open(const std::string& store = "store-hash") const {
    return {folder_ / "trials", {store, kernels::Device::kCpu}};
  }
  /// Writes the trial's file, then changes it with `change`.
  template <typename Change>
  FoundTrial found_after(Change change) const {
    const TrialFolder results = open();
    results.write(trial_, {{"measures", {{"macro_f1", 0.5}}}});
    change(results.file(trial_));
    return results.find(trial_);
  }

  sctab::tests::TemporaryFolder folder_;
  Recipe recipe_ = tabnet_recipe("16");
  Trial trial_ = expand(recipe_).front();
};

double f1(const FoundTrial& found) {
  return found.result ? found.result->at("measures").at("macro_f1").get<double>() : -1;
}

TEST_F(Folder, AResultIsFoundAgainForItsOwnTrialOnly) {
  const Recipe changed = tabnet_recipe("32");
  const Trial other = expand(changed).front();
  EXPECT_FALSE(open().has(trial_));
  EXPECT_FALSE(fs::exists(folder_ / "trials")) << "looking creates nothing";
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

TEST_F(Folder, AFailureIsReportedUntilTheTrialIsFinished) {
  EXPECT_EQ(open().failure(trial_), "");
  open().write_failure(trial_, "no donors");
  EXPECT_EQ(open().failure(trial_), "no donors");
  EXPECT_EQ(open().failure(expand(recipe_)[1]), "");
  EXPECT_FALSE(open().has(trial_));
  EXPECT_TRUE(open().strays().empty());
  open().write(trial_, json::object());
  EXPECT_EQ(open().failure(trial_), "");
}

TEST_F(Folder, ARenamedModelsResultHasItsNewName) {
  const Recipe renamed = tabnet_recipe("16", "tab-net");
  open().write(trial_, {{"model", "tab net"}, {"part", "an earlier name"}, {"seed", 1}});
  const FoundTrial found = open().find(expand(renamed).front());
  ASSERT_TRUE(found.result.has_value());
  EXPECT_EQ(found.result->at("model"), "tab-net");
  EXPECT_EQ(found.result->at("part"), "all");
  EXPECT_EQ(found.result->at("seed"), 1);
}

TEST_F(Folder, ADamagedResultIsReportedAndNotTaken) {
  const auto overwrite = [](const std::string& text) {
    return [text](const fs::path& path) { std::ofstream(path) << text; };
  };
  const auto edit = [](auto change) {
    return [change](const fs::path& path) {
      json result = json::parse(sctab::tests::read_bytes(path));
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
  expect_damaged(found_after(overwrite("[1, 2]")), "not a trial's result");
  expect_damaged(found_after(overwrite(R"({"identity": 3})")), "not a trial's result");
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
    EXPECT_EQ(sctab::tests::read_bytes(aside), text);
    EXPECT_FALSE(results.has(trial_));
  }
  EXPECT_TRUE(open().strays().empty()) << "a result that is set aside no longer counts as one";
  SCTAB_EXPECT_THROW_WITH((void)results.set_aside(trial_), core::InputError, "tab-net.all.seed-1", "move it away");
}

TEST_F(Folder, StraysAreNamedAndChangeNothing) {
  const Recipe changed = tabnet_recipe("32");
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

/// Writes results that differ from the trial's own, and removes that one.
class AlikeTrials : public Folder {
 protected:
  void SetUp() override {
    open().write(trial_, {{"measures", {{"macro_f1", 0.5}}}});
    written_ = json::parse(sctab::tests::read_bytes(open().file(trial_)));
    fs::remove(open().file(trial_));
  }
  template <typename Change>
  void add(const std::string& name, double score, Change change) const {
    json other = written_;
    other["measures"]["macro_f1"] = score;
    change(other);
    other.erase("sha256");
    other["sha256"] = core::Sha256().add(other.dump()).hex();
    std::ofstream(folder_ / "trials" / name) << other;
  }
  void add_version(const std::string& name, const char* version, double score) const {
    add(name, score, [version](json& other) { other["identity"]["sctab_version"] = version; });
  }

  json written_;
};

TEST_F(AlikeTrials, TheLastResultOfAnotherVersionIsFound) {
  EXPECT_FALSE(open().find_alike(trial_).has_value());
  add_version("a.json", "0.0.1", 0.1);
  fs::last_write_time(folder_ / "trials" / "a.json", fs::file_time_type::clock::now() - std::chrono::hours(1));
  add_version("b.json", "0.0.2", 0.2);
  const auto found = open().find_alike(trial_);
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->is_of_other_version);
  EXPECT_FALSE(found->is_of_other_threads);
  EXPECT_EQ(found->result.at("measures").at("macro_f1"), 0.2);
  EXPECT_EQ(found->result.at("model"), "tab net");
  EXPECT_FALSE(open().find_alike(expand(recipe_)[1]).has_value()) << "another seed";
}

TEST_F(AlikeTrials, AnotherNameIsNotAnotherVersion) {
  add_version("a.json", "0.0.1", 0.1);
  add("earlier-name.all.seed-1.0.json", 0.3, [](json& other) { other["model"] = "earlier name"; });
  const auto found = open().find_alike(trial_);
  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(found->is_of_other_version);
  EXPECT_EQ(found->result.at("measures").at("macro_f1"), 0.3);
  EXPECT_EQ(found->result.at("model"), "tab net");
}

TEST_F(AlikeTrials, AResultWithoutAChecksumIsNotTaken) {
  json bare = written_;
  bare.erase("sha256");
  std::ofstream(folder_ / "trials" / "a.json") << bare;
  std::ofstream(open().file(trial_)) << bare;
  EXPECT_EQ(open().find(trial_).damage, "its checksum is missing");
  EXPECT_FALSE(open().find_alike(trial_).has_value());
}

TEST_F(AlikeTrials, ALoadersThreadsAreThoseOfTheMachineItRanOn) {
  const Recipe loader = parse_recipe("title = \"t\"\nseeds = [1]\n[[model]]\nname = \"l\"\nkind = \"loader\"\n");
  const Trial trial = expand(loader).front();
  json identity = trial.identity({"store-hash", kernels::Device::kCpu});
  identity["threads"] = identity.at("threads").get<int>() + 1;
  add("l.all.seed-1.0.json", 0.4, [&](json& other) { other["identity"] = identity; });
  const auto found = open().find_alike(trial);
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->is_of_other_threads);
  EXPECT_FALSE(found->is_of_other_version);
}

TEST_F(Folder, AFolderOfAResultsNameIsAStray) {
  fs::create_directories(folder_ / "trials" / "mine.json");
  EXPECT_EQ(open().strays(), std::vector<fs::path>{folder_ / "trials" / "mine.json"});
  fs::create_directory(open().file(trial_));
  EXPECT_EQ(open().find(trial_).damage, "it is a folder");
}

/// A socket is a file that nobody can open, not even root.
TEST_F(Folder, AFileThatCannotBeOpenedIsNotDamaged) {
  fs::create_directories(folder_ / "trials");
  const fs::path file = open().file(trial_);
  ASSERT_EQ(::mknod(file.c_str(), S_IFSOCK | S_IRUSR, 0), 0);
  SCTAB_EXPECT_THROW_WITH((void)open().find(trial_), core::InputError, "tab-net.all.seed-1", "cannot be opened");
}

}  // namespace
}  // namespace sctab::experiments::tests
