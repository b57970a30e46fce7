// How a command is to compute: on which device, on how many threads, how precisely.
#include <nlohmann/json.hpp>

#include "cli/trained_model.hpp"

namespace sctab::tests {
namespace {
namespace fs = std::filesystem;

class Computing : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  /// `sctab annotate --json` of the test source; the csv it wrote.
  std::string annotate(const std::string& name, std::vector<std::string> options) {
    std::vector<std::string> arguments{"annotate", trained_.source.string(), "-m",    trained_.model.string(),
                                       "-o",       path(name + ".csv"),      "--json"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Finished finished = run_sctab(arguments);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    result_ = nlohmann::json::parse(finished.out);
    return read(name + ".csv");
  }
  /// The weights of a network trained with these options.
  std::string train(const std::string& name, std::vector<std::string> options) {
    std::vector<std::string> arguments{
        "train", trained_.store.string(), "-o", path(name), "--kind", "tabnet", "--epochs", "2"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Finished finished = run_sctab(arguments);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return read(name + "/model.safetensors");
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::string bytes = read_bytes(folder_ / name);
    EXPECT_GT(bytes.size(), 0U) << name;
    return bytes;
  }

  const TrainedModel& trained_ = TrainedModel::instance();
  TemporaryFolder folder_;
  nlohmann::json result_;
};

TEST_F(Computing, CudaIsRefusedWhereTheBuildHasNone) {
  const std::string refusal = "device: cuda, which this build of sctab does not support";
  expect_refused({"dev", "annotate", trained_.source.string(), "-m", trained_.model.string(), "-o", path("out.h5ad"),
                  "--device", "cuda"},
                 folder_.path(), {refusal});
}

TEST_F(Computing, ThreadsDoNotChangeWhatIsLearnt) {
  const std::string want = train("one", {"--threads", "1"});
  EXPECT_EQ(train("three", {"--threads", "3"}), want);
}

TEST_F(Computing, ThreadsDoNotChangeLabels) {
  EXPECT_EQ(annotate("one", {"--threads", "1"}), annotate("four", {"--threads", "4"}));
}

/// getrusage() remembers what the process held before it became the program: here, this one's memory.
TEST_F(Computing, PeakMemoryIsThatOfTheProgramAlone) {
  constexpr std::size_t kBallast = 500'000'000;
  const std::vector<char> ballast(kBallast, 'x');
  annotate("own", {"--threads", "1"});
  const auto peak = result_.at("peak_memory_bytes").get<double>();
  EXPECT_GT(peak, 1e6);
  EXPECT_LT(peak, 0.8 * static_cast<double>(ballast.size()));
}

TEST_F(Computing, HalfPrecisionSaysWhatItCosts) {
  const std::string full = annotate("full", {});
  EXPECT_TRUE(result_.at("half_precision_cost").is_null());
  EXPECT_NE(annotate("half", {"--half"}), full);
  const nlohmann::json& cost = result_.at("half_precision_cost");
  const auto cells = cost.at("cells").get<double>();
  EXPECT_GT(cells, 0);
  EXPECT_GE(cost.at("cells_with_same_label").get<double>(), 0.99 * cells);
  EXPECT_GT(cost.at("largest_probability_difference").get<double>(), 0);
  EXPECT_LT(cost.at("largest_probability_difference").get<double>(), 0.01);
}

}  // namespace
}  // namespace sctab::tests
