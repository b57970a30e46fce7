#include <algorithm>

#include "cli/process.hpp"

namespace sctab::tests {
namespace {

TEST(Usage, PrintsTheVersion) {
  const Finished finished = run_sctab({"--version"});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.out, "sctab " SCTAB_VERSION "\n");
}

TEST(Usage, TellsWhatABugReportNeeds) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--version", "--verbose"}, {"--verbose", "--version"}}) {
    const Finished finished = run_sctab(words);
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_TRUE(finished.out.starts_with("sctab " SCTAB_VERSION "\n"));
    for (const char* text : {"\nbuild ", "\ncommit ", "\ncompiler ", "\nprocessor ", "\nSIMD ", "\nthreads ",
                             "\nlibtorch ", "\nBLAS ", "\nHDF5 ", "\nDuckDB "}) {
      EXPECT_NE(finished.out.find(text), std::string::npos) << text << finished.out;
    }
  }
}

TEST(Usage, EveryCommandHasHelp) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{}, {"corpus"}, {"corpus", "build"}, {"annotate"}, {"dev"}}) {
    auto words = command;
    words.emplace_back("--help");
    const Finished finished = run_sctab(words);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_EQ(finished.err, "");
    EXPECT_NE(finished.out.find("Usage: sctab" + (command.empty() ? "" : " " + command[0])), std::string::npos)
        << finished.out;
  }
}

TEST(Usage, CommandsForDevelopersAreListedUnderDevAlone) {
  EXPECT_NE(run_sctab({"dev", "--help"}).out.find("annotate"), std::string::npos);
  EXPECT_EQ(run_sctab({"--help"}).out.find("\n  dev "), std::string::npos);
}

TEST(Usage, HelpGivesThePapersValues) {
  const std::string build = run_sctab({"corpus", "build", "--help"}).out;
  for (const char* text :
       {"5000", "30", "0.15", "published", "--assume-primary", "--any-assay", "--no-any-assay", "4GB"}) {
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
      {{"anotate", "x.h5ad"}, "did you mean 'annotate'?"},
      {{"corpus"}, "sctab corpus --help"},
      {{"annotate", "x.h5ad"}, "sctab annotate --help"},
      {{"annotate", "x.h5ad", "-m", "m", "--bogus"}, "sctab annotate --help"},
      {{"annotate", "x.h5ad", "--modle", "m"}, "did you mean '--model'?"},
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

/// On a terminal progress is a bar that redraws itself; not with --quiet, and plain lines where NO_COLOR is set.
TEST(Usage, QuietAndNoColorAreHonouredOnATerminal) {
  if (!std::filesystem::exists("/usr/bin/script")) GTEST_SKIP() << "needs script, to have a terminal";
  const TemporaryFolder folder;
  const auto on_terminal = [&folder](const std::string& before, const std::string& after) {
    const std::string command = before + SCTAB_PROGRAM + " simulate -o " + (folder / "sim").string() +
                                " --overwrite --cells 300 --n-genes 100 --types 3 --donors 4 " + after;
    return run_program({"/usr/bin/script", "-qec", command, "/dev/null"}).out;
  };
  EXPECT_NE(on_terminal("NO_COLOR= TERM=xterm ", "").find('\x1b'), std::string::npos);
  const std::string plain = on_terminal("NO_COLOR=1 TERM=xterm ", "");
  EXPECT_EQ(plain.find('\x1b'), std::string::npos) << plain;
  EXPECT_NE(plain.find("300/300 cells"), std::string::npos) << plain;
  const std::string quiet = on_terminal("TERM=xterm ", "--quiet");
  EXPECT_EQ(quiet.find("300/300 cells"), std::string::npos) << quiet;
  EXPECT_EQ(quiet.find('\x1b'), std::string::npos) << quiet;
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
