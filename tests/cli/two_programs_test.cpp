#include <algorithm>
#include <fstream>

#include "cli/process.hpp"

// sctab labels cells with few libraries and hands training over to sctab-train.
namespace sctab::tests {
namespace {
namespace fs = std::filesystem;

/// An installation that has sctab and, where a script is given, a sctab-train that runs it.
class Installation {
 public:
  explicit Installation(const std::string& script = "", const std::string& where = "libexec/sctab",
                        const std::string& shell = "/bin/sh") {
    fs::create_directories(folder_ / "bin");
    fs::copy_file(SCTAB_PROGRAM, program());
    if (script.empty()) return;
    const fs::path other = folder_ / where / "sctab-train";
    fs::create_directories(other.parent_path());
    std::ofstream(other) << "#!" << shell << "\n" << script << "\n";
    fs::permissions(other, fs::perms::owner_all);
  }

  [[nodiscard]] std::string program() const { return folder_ / "bin/sctab"; }

  [[nodiscard]] Finished run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), program());
    return run_program(arguments);
  }

 private:
  TemporaryFolder folder_;
};

TEST(TwoPrograms, SctabNeedsFewLibraries) {
  const Finished finished = run_program({"/usr/bin/ldd", SCTAB_PROGRAM});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_LE(std::ranges::count(finished.out, '\n'), 20) << finished.out;
  for (const char* library : {"torch", "xgboost", "blas", "gomp", "curl"}) {
    EXPECT_EQ(finished.out.find(library), std::string::npos) << finished.out;
  }
}

TEST(TwoPrograms, TheOtherIsFoundNextToSctabOrInLibexec) {
  for (const char* where : {"bin", "libexec/sctab"}) {
    const Installation installation("echo \"$@\"; echo note >&2; exit 7", where);
    for (const char* command : {"train", "augment", "pca", "simulate", "benchmark"}) {
      const Finished finished = installation.run({"--quiet", command, "a b", "--seed", "3"});
      EXPECT_EQ(finished.exit_code, 7) << where;
      EXPECT_EQ(finished.out, std::string("--quiet ") + command + " a b --seed 3\n");
      EXPECT_EQ(finished.err, "note\n");
    }
  }
}

TEST(TwoPrograms, TheOtherIsStartedWithSettingsForItsLibraries) {
  const Installation installation("echo $OMP_WAIT_POLICY $GOMP_SPINCOUNT");
  const std::string sctab = installation.program();
  EXPECT_EQ(run_program({"/usr/bin/env", "-u", "OMP_WAIT_POLICY", "-u", "GOMP_SPINCOUNT", sctab, "train"}).out,
            "passive 2000\n");
  EXPECT_EQ(run_program({"/usr/bin/env", "OMP_WAIT_POLICY=active", "GOMP_SPINCOUNT=7", sctab, "train"}).out,
            "active 7\n");
}

TEST(TwoPrograms, OneThatCannotBeRunIsNamed) {
  const Installation installation("exit 7", "bin", "/no/such/shell");
  const Finished finished = installation.run({"train", "store", "-o", "model"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_NE(finished.err.find("bin/sctab-train cannot be run: No such file"), std::string::npos) << finished.err;
  EXPECT_NE(installation.run({"--version", "--verbose"}).out.find("cannot be run"), std::string::npos);
}

TEST(TwoPrograms, LabellingStaysInSctab) {
  const Installation installation("exit 7");
  EXPECT_EQ(installation.run({"annotate", "missing.h5ad", "-m", "train"}).exit_code, 2);
  EXPECT_EQ(installation.run({"--help"}).exit_code, 0);
  EXPECT_EQ(installation.run({"--version"}).exit_code, 0);
  EXPECT_EQ(installation.run({"--version", "--verbose"}).exit_code, 7) << "sctab-train knows its libraries too";
}

TEST(TwoPrograms, AMissingOneIsNamed) {
  const Installation installation;
  const Finished finished = installation.run({"train", "store", "-o", "model"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_EQ(finished.out, "");
  EXPECT_EQ(std::ranges::count(finished.err, '\n'), 1) << finished.err;
  for (const char* text : {"sctab: sctab train", "sctab-train", "not installed", "install"}) {
    EXPECT_NE(finished.err.find(text), std::string::npos) << finished.err;
  }
  EXPECT_NE(installation.run({"--version", "--verbose"}).out.find("not installed"), std::string::npos);
  EXPECT_EQ(installation.run({"completion", "bash"}).exit_code, 0);
}

TEST(TwoPrograms, HaveTheSameHelp) {
  const Installation alone;
  const std::string help = alone.run({"--help"}).out;
  EXPECT_EQ(help, run_program({SCTAB_TRAIN_PROGRAM, "--help"}).out);
  for (const char* command : {"\n  train ", "\n  augment ", "\n  pca ", "\n  simulate ", "\n  benchmark "}) {
    EXPECT_NE(help.find(command), std::string::npos) << help;
  }
}

}  // namespace
}  // namespace sctab::tests
