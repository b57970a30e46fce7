// An ensemble through the program: types left out, several members trained, their uncertainty scored and written.
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "cli/trained_model.hpp"

namespace sctab::tests {
namespace {
namespace fs = std::filesystem;

TEST(EnsembleJourney, FromTypesLeftOutToTheUncertaintyOfEachCell) {
  const TrainedModel& trained = TrainedModel::instance();
  const TemporaryFolder folder;
  const auto at = [&folder](const std::string& name) { return (folder / name).string(); };
  const std::string subsampled =
      run({"corpus", "subsample", trained.store.string(), "-o", at("part"), "--without-types", "CL:0000236"}).out;
  EXPECT_NE(subsampled.find("left out: "), std::string::npos) << subsampled;

  const std::vector<std::string> train = {"train",           at("part"), "-o",        at("model"), "--kind",
                                          "linear",          "--epochs", "5",         "--threads", "1",
                                          "--learning-rate", "0.01",     "--members", "2",         "--overwrite"};
  const nlohmann::json result = run_json(train);
  ASSERT_EQ(result.at("members").size(), 2U);
  EXPECT_EQ(result.at("members")[0].at("seed"), 1);
  EXPECT_NE(result.at("members")[1].at("seed"), 1);
  EXPECT_NE(run(train).out.find("mean of 2 members: validation macro F1 "), std::string::npos);
  EXPECT_EQ(run_json({"models", "show", at("model")}).at("members").size(), 2U);

  const nlohmann::json scores = run_json({"evaluate", at("part"), "-m", at("model")}).at("uncertainty");
  ASSERT_EQ(scores.size(), 2U);
  for (const nlohmann::json& found : scores) {
    EXPECT_GT(found.at("n_absent"), 0);
    EXPECT_GT(found.at("auc_known_absent"), 0.9) << "types that differ clearly";
    EXPECT_GT(found.at("n_right"), 0);
    EXPECT_TRUE(found.at("expected_calibration_error").is_number());
  }
  EXPECT_NE(run({"evaluate", at("part"), "-m", at("model")}).out.find("Reliability of all 2 members"),
            std::string::npos);

  run({"annotate", trained.source.string(), "-m", at("model"), "-o", at("out.csv")});
  std::ifstream csv(folder / "out.csv");
  std::string line;
  std::getline(csv, line);
  EXPECT_EQ(line, "cell,cell_type,cell_type_ontology_term_id,probability,uncertainty");
  std::size_t n_cells = 0;
  for (; std::getline(csv, line); ++n_cells) {
    const std::size_t comma = line.rfind(','), before = line.rfind(',', comma - 1);
    const double probability = std::stod(line.substr(before + 1, comma - before - 1));
    const double uncertainty = std::stod(line.substr(comma + 1));
    EXPECT_TRUE(std::abs(probability + uncertainty - 1) <= 1e-7) << line;  // one float's rounding below 1
  }
  EXPECT_EQ(n_cells, 600U);
}

TEST(EnsembleJourney, MistakesAreNamed) {
  const TrainedModel& trained = TrainedModel::instance();
  const TemporaryFolder folder;
  const std::string store = trained.store.string(), part = (folder / "part").string();
  expect_refused({"corpus", "subsample", store, "-o", part}, folder.path(), {"--fraction", "--without-types"});
  expect_refused({"corpus", "subsample", store, "-o", part, "--without-types", "CL:0000000000"}, folder.path(),
                 {"CL:0000000000", "corpus describe"});
  expect_refused({"train", store, "-o", (folder / "model").string(), "--members", "0"}, folder.path(),
                 {"--members", "0"});
}

}  // namespace
}  // namespace sctab::tests
