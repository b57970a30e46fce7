// Completion in the shells themselves: the script is read, and its function asked as the shell would ask it.
#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "cli/process.hpp"

namespace sctab::tests {
namespace {
namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::UnorderedElementsAre;

class Completion : public testing::TestWithParam<std::string> {
 protected:
  Completion() {
    const Finished finished = run_sctab({"completion", GetParam()});
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    write_bytes(folder_ / "script", finished.out);
    fs::create_directory(folder_ / "here");
    write_bytes(folder_ / "here" / "cells one.h5ad", "");
    write_bytes(folder_ / "here" / "notes.txt", "");
  }
  void SetUp() override {
    if (!fs::exists(shell())) GTEST_SKIP() << "needs " << shell();
  }
  [[nodiscard]] static std::string shell() { return "/usr/bin/" + GetParam(); }
  /// What is offered for the last of the words, which may be begun.
  [[nodiscard]] std::vector<std::string> complete(const std::vector<std::string>& words) const {
    std::string list;
    for (const std::string& word : words) list += " '" + word + "'";
    const std::string begin = "cd '" + (folder_ / "here").string() + "'\n";
    const std::string source = "source '" + (folder_ / "script").string() + "'\n";
    // zsh's functions of the completion system are stood in for: outside the line editor they do nothing.
    const std::string ask = GetParam() == "bash"
                                ? source + "COMP_WORDS=(" + list + ")\nCOMP_CWORD=" + std::to_string(words.size() - 1) +
                                      "\n_sctab\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n"
                                : "compdef() { }\n" + source + "compadd() { shift; print -l -- ${(M)@:#" +
                                      words.back() + "*} }\n_files() { print -l -- *(N) }\nwords=(" + list +
                                      ")\nCURRENT=" + std::to_string(words.size()) + "\n_sctab\n";
    const Finished finished = run_program({shell(), GetParam() == "bash" ? "--norc" : "-f", "-c", begin + ask});
    EXPECT_EQ(finished.err, "");
    std::istringstream lines(finished.out);
    std::vector<std::string> offered;
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty()) offered.push_back(line);
    }
    return offered;
  }

  TemporaryFolder folder_;
};

TEST_P(Completion, TheScriptIsWellFormed) {
  const Finished finished = run_program({shell(), "-n", (folder_ / "script").string()});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
}

TEST_P(Completion, OffersCommandsAndThoseOfGroups) {
  const auto all = complete({"sctab", ""});
  EXPECT_THAT(all, Contains("annotate"));
  EXPECT_THAT(all, Contains("corpus"));
  EXPECT_THAT(all, Not(Contains("dev"))) << "hidden from users";
  EXPECT_THAT(complete({"sctab", "ann"}), ElementsAre("annotate"));
  EXPECT_THAT(complete({"sctab", "corpus", ""}), UnorderedElementsAre("build", "describe", "import", "subsample"));
  EXPECT_THAT(complete({"sctab", "--quiet", "corpus", "bu"}), ElementsAre("build"));
}

TEST_P(Completion, OffersTheOptionsOfTheCommand) {
  const auto options = complete({"sctab", "corpus", "build", "--"});
  EXPECT_THAT(options, Contains("--any-assay"));
  EXPECT_THAT(options, Contains("--no-any-assay"));
  EXPECT_THAT(options, Contains("--quiet"));
  EXPECT_THAT(options, Not(Contains("--tissue")));
  EXPECT_THAT(complete({"sctab", "annotate", "x.h5ad", "--ti"}), ElementsAre("--tissue"));
  EXPECT_THAT(complete({"sctab", "annotate", "x.h5ad", "--half", "--ti"}), ElementsAre("--tissue")) << "after a switch";
  EXPECT_THAT(complete({"sctab", "corpus", "build", "--any-assay", "--no-any-a"}), ElementsAre("--no-any-assay"));
}

TEST_P(Completion, OffersTheWordsThatAnOptionTakes) {
  EXPECT_THAT(complete({"sctab", "annotate", "--input", ""}), UnorderedElementsAre("counts", "log-normalised"));
  EXPECT_THAT(complete({"sctab", "annotate", "--input", "log"}), ElementsAre("log-normalised"));
  EXPECT_THAT(complete({"sctab", "evaluate", "s", "--split", ""}), UnorderedElementsAre("train", "val", "test"));
  EXPECT_THAT(complete({"sctab", "completion", ""}), UnorderedElementsAre("bash", "zsh"));
  EXPECT_THAT(complete({"sctab", "annotate", "--tissue", ""}), ElementsAre()) << "a value that is not known";
}

TEST_P(Completion, OffersFiles) {
  const auto files = UnorderedElementsAre("cells one.h5ad", "notes.txt");
  EXPECT_THAT(complete({"sctab", "annotate", ""}), files);
  EXPECT_THAT(complete({"sctab", "annotate", "x", "-m", ""}), files);
  EXPECT_THAT(complete({"sctab", "annotate", "x", "--model", ""}), files);
  EXPECT_THAT(complete({"sctab", "corpus", "build", "x", "--genes", ""}), files);
}

INSTANTIATE_TEST_SUITE_P(Shells, Completion, testing::Values("bash", "zsh"),
                         [](const auto& shell) { return shell.param; });

}  // namespace
}  // namespace sctab::tests
