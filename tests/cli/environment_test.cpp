// What a command meets around it: FIFOs, folders and devices where files should be, limits on memory, threads, open
// files and the sizes of files, and absurd options. One line and exit 2, at once; nothing else is touched.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <thread>

#include "cli/test_cells.hpp"
#include "cli/trained_model.hpp"

namespace sctab::tests {
namespace {
namespace fs = std::filesystem;

class Environment : public testing::Test {
 protected:
  Environment() {
    fs::copy(trained_.store, folder_ / "store", fs::copy_options::recursive);
    fs::copy(trained_.model, folder_ / "model", fs::copy_options::recursive);
    fs::copy_file(trained_.source, folder_ / "cells.h5ad");
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::vector<std::string> annotate(const std::string& output = "out.csv") const {
    return {"annotate", path("cells.h5ad"), "-m", path("model"), "-o", path(output), "--threads", "1", "--quiet"};
  }
  /// Runs sctab in a shell that sets something up first. What takes over 20 s is killed: exit code 137.
  static Finished after(const std::string& shell, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"/usr/bin/timeout", "-s", "KILL", "20", "/bin/sh", "-c",
                                         shell + "\nexec \"$0\" \"$@\"", SCTAB_PROGRAM});
    return run_program(arguments);
  }
  static void expect_one_line(const Finished& finished, const std::string& what) {
    EXPECT_EQ(finished.exit_code, 2) << what << ": " << finished.err;
    EXPECT_EQ(std::ranges::count(finished.err, '\n'), 1) << what << ": " << finished.err;
    EXPECT_TRUE(finished.err.starts_with("sctab: ")) << what << ": " << finished.err;
  }
  /// Puts a FIFO and then a folder in the place of each file below `directory`, and runs the command on it. Returns the
  /// files that it refuses to go without.
  std::set<std::string> replace_each_file(const std::string& directory, const std::vector<std::string>& arguments) {
    std::set<std::string> needed;
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / directory)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    for (const fs::path& file : files) {
      fs::rename(file, folder_ / "kept");
      for (const bool is_fifo : {true, false}) {
        EXPECT_EQ(is_fifo ? ::mkfifo(file.c_str(), 0600) : ::mkdir(file.c_str(), 0700), 0);
        const Finished finished = after("", arguments);
        const std::string name = file.filename().string();
        if (finished.exit_code != 0) {
          expect_one_line(finished, name);
          EXPECT_NE(finished.err.find(name), std::string::npos) << finished.err;
          needed.insert(name);
        }
        fs::remove(file);
      }
      fs::rename(folder_ / "kept", file);
    }
    return needed;
  }

  const TrainedModel& trained_ = TrainedModel::instance();
  TemporaryFolder folder_;
};

TEST_F(Environment, AFifoOrAFolderAsAFileOfAModel) {
  EXPECT_EQ(replace_each_file("model", annotate()),
            (std::set<std::string>{"cell_types.tsv", "config.json", "genes.tsv", "metrics.json", "ontology.json",
                                   "model.safetensors"}));
}

TEST_F(Environment, AFifoOrAFolderAsAFileOfAStore) {
  const std::set<std::string> needed =
      replace_each_file("store", {"evaluate", path("store"), "-m", path("model"), "--threads", "1", "--quiet"});
  EXPECT_EQ(needed, (std::set<std::string>{"genes.tsv", "ontology.json", "store.json", "test-00000.h5ad",
                                           "train-00000.h5ad", "val-00000.h5ad"}));
}

TEST_F(Environment, LinesGoToAFifoAndNothingElseDoes) {
  const fs::path lines = folder_ / "lines.csv", file = folder_ / "copy.h5ad", json = folder_ / "scores.json";
  for (const fs::path& fifo : {lines, file, json}) ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  std::string text;
  std::thread reader([&] { text = read_bytes(lines); });
  EXPECT_EQ(after("", annotate("lines.csv")).exit_code, 0);
  reader.join();
  EXPECT_EQ(text, run({"annotate", path("cells.h5ad"), "-m", path("model"), "-o", "-", "--quiet"}).out);
  expect_one_line(after("", annotate("copy.h5ad")), "copy.h5ad");
  expect_one_line(after("", {"evaluate", path("store"), "-m", path("model"), "-o", json.string()}), "scores.json");
  for (const fs::path& fifo : {lines, file, json}) EXPECT_TRUE(fs::is_fifo(fifo)) << fifo;
}

TEST_F(Environment, ADeviceIsNeverWrittenOver) {
  for (const char* name : {"null.csv", "null.h5ad", "null.json", "null"}) {
    if (::mknod((folder_ / name).c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0) GTEST_SKIP() << "needs devices";
  }
  expect_one_line(after("", annotate("null.csv")), "csv");
  expect_one_line(after("", annotate("null.h5ad")), "h5ad");
  const std::vector<std::vector<std::string>> writers = {
      {"evaluate", path("store"), "-m", path("model"), "-o", path("null.json")},
      {"corpus", "describe", path("store"), "--html", path("null")},
      {"corpus", "subsample", path("store"), "-o", path("null"), "--fraction", "0.5"},
      {"train", path("store"), "-o", path("null"), "--kind", "linear", "--epochs", "1"},
      {"pca", path("store"), "-o", path("null"), "--components", "2"},
      {"augment", "make", path("store"), "-o", path("null.h5ad")},
      {"simulate", "-o", path("null")}};
  for (const auto& writer : writers) expect_one_line(after("", writer), writer[0] + " " + writer[1]);
  for (const char* name : {"null.csv", "null.h5ad", "null.json", "null"}) {
    EXPECT_TRUE(fs::is_character_file(folder_ / name)) << name;
  }
}

TEST_F(Environment, ALimitOnTheSizeOfFilesNamesTheOutput) {
  for (const char* output : {"out.h5ad", "out.csv"}) {
    const Finished finished = after("ulimit -f 8", annotate(output));
    expect_one_line(finished, output);
    EXPECT_NE(finished.err.find(path(output)), std::string::npos) << finished.err;
    EXPECT_NE(finished.err.find("File too large"), std::string::npos) << finished.err;
  }
  for (const auto& entry : fs::directory_iterator(folder_.path())) {
    EXPECT_FALSE(entry.path().filename().string().starts_with('.')) << entry.path();
  }
}

TEST_F(Environment, LittleMemoryIsAnErrorAndNotACrash) {
  int n_done = 0, n_refused = 0;
  for (const int kilobytes : {20'000, 30'000, 40'000, 60'000, 100'000, 200'000, 2'000'000}) {
    const std::string limit = "ulimit -v " + std::to_string(kilobytes);
    const Finished finished = after(limit, annotate());
    if (finished.exit_code == 127 || finished.exit_code == 126) continue;  // the system could not load the program
    if (finished.exit_code == 0) {
      ++n_done;
    } else {
      expect_one_line(finished, limit);
      ++n_refused;
    }
  }
  EXPECT_GT(n_done, 0);
  EXPECT_GT(n_refused, 0);
}

TEST_F(Environment, LittleMemoryForTrainingIsAnErrorAndNotAHang) {
  for (const char* limit : {"ulimit -v 600000", "ulimit -v 750000", "ulimit -v 850000", "ulimit -d 100000"}) {
    expect_one_line(after(limit, {"pca", path("store"), "-o", path("pca"), "--components", "2"}), limit);
  }
  EXPECT_EQ(after("ulimit -v 30000000", {"pca", path("store"), "-o", path("pca"), "--components", "2"}).exit_code, 0);
}

TEST_F(Environment, FewThreadsForTrainingAreAnErrorAndNotAHang) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs the rights of root, to run as a user who has no other processes";
  ASSERT_EQ(std::system(("chown -R 65534 '" + folder_.path().string() + "'").c_str()), 0);
  for (const char* threads : {"1", "2"}) {
    const Finished finished = run_program({"/usr/bin/timeout",
                                           "-s",
                                           "KILL",
                                           "20",
                                           "/usr/bin/setpriv",
                                           "--reuid=65534",
                                           "--clear-groups",
                                           "/usr/bin/prlimit",
                                           "--nproc=0",
                                           "--",
                                           SCTAB_PROGRAM,
                                           "train",
                                           path("store"),
                                           "-o",
                                           path("new"),
                                           "--kind",
                                           "linear",
                                           "--epochs",
                                           "1",
                                           "--quiet",
                                           "--threads",
                                           threads});
    if (finished.exit_code == 126) GTEST_SKIP() << "that user cannot reach the program";
    EXPECT_EQ(finished.exit_code, 2) << finished.err;
    EXPECT_NE(finished.err.find("ulimit -u"), std::string::npos) << finished.err;
  }
}

TEST_F(Environment, FewOpenFilesAreAnErrorAndNotACrash) {
  for (int n = 4; n <= 12; ++n) {
    const std::string limit = "ulimit -n " + std::to_string(n);
    const Finished finished = after(limit, annotate("out.h5ad"));
    if (finished.exit_code == 127 || finished.exit_code == 126 || finished.exit_code == 0) continue;
    expect_one_line(finished, limit);
  }
  EXPECT_EQ(after("ulimit -n 20", annotate("out.h5ad")).exit_code, 0);
}

TEST_F(Environment, WhatTakesMoreThanTheMemoryGivenIsRefused) {
  distinct_types_file(6000, 10).write(folder_ / "cells.h5ad");  // 2,048 of them take 1.5 MB
  auto arguments = annotate();
  arguments.insert(arguments.end(), {"--memory", "1MB"});
  const Finished finished = after("", arguments);
  expect_one_line(finished, "--memory");
  EXPECT_NE(finished.err.find("of memory; expected at most 1.0 MB"), std::string::npos) << finished.err;
  EXPECT_NE(finished.err.find("--memory"), std::string::npos) << finished.err;
}

TEST_F(Environment, AbsurdNumbersAreRefusedWithTheirRange) {
  const std::vector<std::vector<std::string>> cases = {{"--batch-size", "0", "1 to 1000000"},
                                                       {"--batch-size", "99999999999", "1 to 1000000"},
                                                       {"--batch-size", "99999999999999999999", "whole number"},
                                                       {"--threads", "100000", "0 to 4096"},
                                                       {"--threads", "-1", "0 to 4096"},
                                                       {"--memory", "12", "1MB to 9EB"},
                                                       {"--memory", "99999999TB", "--memory"}};
  for (const auto& one : cases) {
    auto arguments = annotate();
    arguments.erase(std::ranges::find(arguments, "--threads"), arguments.end() - 1);
    arguments.insert(arguments.end(), {one[0], one[1]});
    const Finished finished = after("", arguments);
    expect_one_line(finished, one[1]);
    EXPECT_NE(finished.err.find(one[2]), std::string::npos) << finished.err;
  }
}

}  // namespace
}  // namespace sctab::tests
