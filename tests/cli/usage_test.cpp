#include <algorithm>

#include "cli/process.hpp"

namespace sctab::tests {
namespace {

const std::vector<std::vector<std::string>> kCommands = {
    {"corpus", "build"}, {"corpus", "describe"}, {"corpus", "subsample"}, {"augment"}, {"train"},
    {"evaluate"},        {"annotate"},           {"models", "show"},      {"pca"},     {"simulate"}};

TEST(Usage, PrintsTheVersion) {
  const Finished finished = run_sctab({"--version"});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.out, "sctab " SCTAB_VERSION "\n");
}

TEST(Usage, EveryCommandHasHelpThatFitsTheTerminal) {
  for (auto command : kCommands) {
    command.emplace_back("--help");
    const Finished finished = run_sctab(command);
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_NE(finished.out.find("Usage: sctab " + command[0]), std::string::npos) << finished.out;
    std::size_t width = 0;
    for (const char c : finished.out) {
      width = c == '\n' ? 0 : width + 1;
      EXPECT_LE(width, 110U) << command[0];
    }
  }
}

TEST(Usage, HelpGivesThePapersValues) {
  const std::string build = run_sctab({"corpus", "build", "--help"}).out;
  for (const char* text : {"5000", "30", "0.15", "published", "--assume-primary", "--any-assay", "4GB"}) {
    EXPECT_NE(build.find(text), std::string::npos) << text;
  }
  const std::string train = run_sctab({"train", "--help"}).out;
  for (const char* text : {"2048", "0.005", "0.05", "128", "64", "256", "0.02", "1e-5", "entmax"}) {
    EXPECT_NE(train.find(text), std::string::npos) << text;
  }
}

TEST(Usage, AMistypedCommandLineGivesOneLineAndAHint) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{}, "sctab --help"},
      {{"frobnicate"}, "sctab --help"},
      {{"corpus"}, "sctab corpus --help"},
      {{"annotate", "x.h5ad"}, "sctab annotate --help"},
      {{"annotate", "x.h5ad", "-m", "m", "--bogus"}, "sctab annotate --help"},
      {{"train", "store", "-o", "m", "--kind", "forest"}, "sctab train --help"},
      {{"train", "store", "-o", "m", "--epochs", "many"}, "sctab train --help"},
      {{"corpus", "build", "a", "-o", "b", "--memory", "4 parsecs"}, "sctab corpus build --help"}};
  for (const auto& [arguments, hint] : cases) {
    const Finished finished = run_sctab(arguments);
    EXPECT_EQ(finished.exit_code, 2) << finished.err;
    EXPECT_EQ(finished.out, "");
    EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 1) << finished.err;
    EXPECT_NE(finished.err.find(hint), std::string::npos) << finished.err;
  }
}

TEST(Usage, SaysWhenItsOutputCannotBeWritten) {
  const TemporaryFolder folder;
  const std::string command = std::string(SCTAB_PROGRAM) + " --help > /dev/full";
  const Finished finished = run_program({"/bin/sh", "-c", command});
  EXPECT_EQ(finished.exit_code, 2) << finished.err;
  EXPECT_NE(finished.err.find("cannot be written"), std::string::npos) << finished.err;
}

}  // namespace
}  // namespace sctab::tests
