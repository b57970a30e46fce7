// Ctrl-C in each long command, once it has begun to write: exit 130, one line, nothing half-written, earlier output
// kept. Other signals, kills, and what happens to the input meanwhile.
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <thread>

#include "cli/test_cells.hpp"
#include "cli/trained_model.hpp"

namespace sctab::tests {
namespace {
namespace fs = std::filesystem;

/// Starts a command, sends Ctrl-C as soon as `begun` says so, and waits for its end.
Finished interrupt_once(const std::function<bool()>& begun, const std::vector<std::string>& arguments) {
  const TemporaryFolder output;
  Process process(sctab_command(arguments), output.path());
  while (!process.ended() && !begun()) std::this_thread::yield();
  if (!process.ended()) process.interrupt();
  return process.wait();
}

/// A source that takes long enough to read, and a store of it.
struct LargeInputs {
  TemporaryFolder folder;
  fs::path source = folder / "large.h5ad", store = folder / "store";
  LargeInputs() {
    distinct_types_file(40'000, 10).write(source);
    const Finished built = run_sctab(build_arguments(source, store, TrainedModel::instance().ontology));
    if (built.exit_code != 0) throw std::runtime_error(built.err);
  }
  static const LargeInputs& instance() {
    static const LargeInputs inputs;
    return inputs;
  }
};

class Interrupted : public testing::Test {
 protected:
  /// A folder with earlier output under the name "out", next to the large inputs.
  Interrupted() {
    fs::create_directory(folder_ / "out");
    fs::copy_file(trained_.store / "store.json", folder_ / "out" / "store.json");
    write_truth(folder_ / "out" / "truth.json");
  }
  void expect_interrupted(std::vector<std::string> arguments) {
    arguments.emplace_back("--quiet");
    if (arguments[0] != "annotate") arguments.emplace_back("--overwrite");
    const auto before = contents(folder_.path());
    const auto n_entries = [this] { return std::distance(fs::directory_iterator(folder_.path()), {}); };
    const auto writes = [&n_entries, earlier = n_entries()] { return n_entries() != earlier; };
    const Finished finished = interrupt_once(writes, arguments);
    EXPECT_EQ(finished.exit_code, 130) << finished.err;
    EXPECT_EQ(finished.out, "");
    EXPECT_NE(finished.err.find("sctab: interrupted"), std::string::npos) << finished.err;
    EXPECT_TRUE(contents(folder_.path()) == before);
  }
  static std::vector<std::string> train_arguments(const fs::path& model) {
    return {"train",        LargeInputs::instance().store.string(),
            "-o",           model.string(),
            "--kind",       "linear",
            "--epochs",     "4",
            "--batch-size", "64",
            "--threads",    "1"};
  }
  [[nodiscard]] std::vector<std::string> annotate_arguments(const fs::path& source) const {
    return {"annotate",     source.string(),
            "-m",           trained_.model.string(),
            "-o",           (folder_ / "out.h5ad").string(),
            "--batch-size", "16",
            "--threads",    "1"};
  }
  [[nodiscard]] std::vector<std::string> hidden_names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with('.')) names.push_back(name);
    }
    return names;
  }
  /// Waits until annotate has begun to write.
  void await_output(Process& process) const {
    while (!process.ended() && hidden_names().empty()) std::this_thread::yield();
    ASSERT_FALSE(process.ended()) << process.wait().err;
  }
  [[nodiscard]] std::string out() const { return (folder_ / "out").string(); }

  const TrainedModel& trained_ = TrainedModel::instance();
  TemporaryFolder folder_;
};

TEST_F(Interrupted, Simulate) {
  expect_interrupted({"simulate", "-o", out(), "--cells", "100000"});
}

TEST_F(Interrupted, CorpusBuild) {
  expect_interrupted(build_arguments(LargeInputs::instance().source, out(), trained_.ontology));
}

TEST_F(Interrupted, CorpusSubsample) {
  expect_interrupted({"corpus", "subsample", LargeInputs::instance().store.string(), "-o", out(), "--by", "cells",
                      "--fraction", "0.9"});
}

TEST_F(Interrupted, Annotate) {
  std::ofstream(folder_ / "out.h5ad") << "earlier";
  std::ofstream(folder_ / "out.csv") << "earlier";
  expect_interrupted(annotate_arguments(LargeInputs::instance().source));
}

TEST_F(Interrupted, EachSignalHasItsExitCode) {
  for (const auto [signal, code] : {std::array{SIGTERM, 143}, std::array{SIGHUP, 129}}) {
    const TemporaryFolder output;
    Process process(sctab_command(annotate_arguments(LargeInputs::instance().source)), output.path());
    await_output(process);
    process.send(signal);
    const Finished finished = process.wait();
    EXPECT_EQ(finished.exit_code, code) << finished.err;
    EXPECT_NE(finished.err.find("sctab: interrupted"), std::string::npos) << finished.err;
    EXPECT_TRUE(hidden_names().empty());
  }
}

TEST_F(Interrupted, ASecondSignalKills) {
  const TemporaryFolder output;
  Process process(sctab_command(annotate_arguments(LargeInputs::instance().source)), output.path());
  await_output(process);
  process.pause();
  process.send(SIGINT);
  process.send(SIGTERM);
  process.go_on();
  const Finished finished = process.wait();
  // Two threads may get one each, in any order; the second of them ends the process without a word.
  EXPECT_TRUE(finished.exit_code == 128 + SIGTERM || finished.exit_code == 128 + SIGINT) << finished.exit_code;
  EXPECT_EQ(finished.err.find("interrupted"), std::string::npos) << finished.err;
}

TEST_F(Interrupted, TheWaitForAFifo) {
  const fs::path fifo = folder_ / "genes.csv";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  auto arguments = build_arguments(trained_.source, out(), trained_.ontology);
  arguments.insert(arguments.end(), {"--genes", fifo.string(), "--overwrite"});
  const TemporaryFolder output;
  Process process(sctab_command(arguments), output.path());
  while (!process.ended() && !process.sleeps()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  ASSERT_FALSE(process.ended()) << process.wait().err;
  process.interrupt();
  const Finished finished = process.wait();
  EXPECT_EQ(finished.exit_code, 130) << finished.err;
  EXPECT_NE(finished.err.find("sctab: interrupted"), std::string::npos) << finished.err;
}

TEST_F(Interrupted, WhatAKilledProcessLeftGoesWithTheNextOfTheSameOutput) {
  {
    const TemporaryFolder output;
    Process process(sctab_command(annotate_arguments(LargeInputs::instance().source)), output.path());
    await_output(process);
  }  // SIGKILL
  EXPECT_EQ(hidden_names().size(), 1U);
  run(annotate_arguments(trained_.source));
  EXPECT_TRUE(hidden_names().empty());
  EXPECT_TRUE(fs::exists(folder_ / "out.h5ad"));
}

TEST_F(Interrupted, AnInputThatIsReplacedMeanwhileIsRefused) {
  const fs::path source = folder_ / "cells.h5ad";
  fs::copy_file(LargeInputs::instance().source, source);
  const TemporaryFolder output;
  Process process(sctab_command(annotate_arguments(source)), output.path());
  await_output(process);
  process.pause();
  fs::copy_file(trained_.source, folder_ / "other.h5ad");
  fs::rename(folder_ / "other.h5ad", source);
  process.go_on();
  const Finished finished = process.wait();
  EXPECT_EQ(finished.exit_code, 2) << finished.err;
  EXPECT_NE(finished.err.find("cells.h5ad: changed while it was read"), std::string::npos) << finished.err;
  EXPECT_FALSE(fs::exists(folder_ / "out.h5ad"));
  EXPECT_TRUE(hidden_names().empty());
}

/// A run of training is kept next to the model, so that --resume can continue it; the model itself stays as it was.
TEST_F(Interrupted, TrainCanBeResumed) {
  const fs::path model = folder_ / "model";
  fs::copy(trained_.model, model, fs::copy_options::recursive);
  const auto before = contents(model);
  std::vector<std::string> train = train_arguments(model);
  train.emplace_back("--overwrite");
  const fs::path checkpoint = folder_ / "model.run" / "last.safetensors";
  const Finished finished = interrupt_once([&checkpoint] { return fs::exists(checkpoint); }, train);
  EXPECT_EQ(finished.exit_code, 130) << finished.err;
  EXPECT_NE(finished.err.find("--resume"), std::string::npos) << finished.err;
  EXPECT_TRUE(contents(model) == before);
  auto resume = train;
  resume.emplace_back("--resume");
  const Finished resumed = run_sctab(resume);
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_FALSE(contents(model) == before);
  EXPECT_EQ(run_sctab({"models", "show", model.string()}).exit_code, 0);
}

TEST_F(Interrupted, TrainIsAloneInItsFolderUntilItIsKilled) {
  const fs::path model = folder_ / "model", checkpoint = folder_ / "model.run" / "last.safetensors";
  const std::vector<std::string> train = train_arguments(model);
  auto resume = train;
  resume.emplace_back("--resume");
  {
    const TemporaryFolder output;
    Process first(sctab_command(train), output.path());
    while (!first.ended() && !fs::exists(checkpoint)) std::this_thread::yield();
    first.pause();
    ASSERT_FALSE(first.ended()) << first.wait().err;
    for (const auto& second : {train, resume}) {
      const Finished refused = run_sctab(second);
      EXPECT_EQ(refused.exit_code, 2) << refused.err;
      EXPECT_NE(refused.err.find("model.run: another run is at work there"), std::string::npos) << refused.err;
    }
  }  // SIGKILL
  EXPECT_FALSE(fs::exists(model));
  const Finished resumed = run_sctab(resume);
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_FALSE(fs::exists(folder_ / "model.run"));
  EXPECT_EQ(run_sctab({"models", "show", model.string()}).exit_code, 0);
}

}  // namespace
}  // namespace sctab::tests
