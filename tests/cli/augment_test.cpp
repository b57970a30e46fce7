// Augmentation vectors through the program: made, looked at, trained with, and refused where people would be judged on
// that they are of. And whom a model has seen.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "cli/trained_model.hpp"

namespace sctab::tests {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class AugmentJourney : public testing::Test {
 protected:
  [[nodiscard]] std::string at(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::string text_of(const std::string& name) const {
    std::ifstream file(folder_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void make_vectors() const { run({"augment", "make", store_, "-o", at("vectors.h5ad"), "--threads", "1", "--quiet"}); }
  /// A store of the same cells, split by another seed.
  void build_anew(const fs::path& source, const std::string& name) const {
    auto build = build_arguments(source, folder_ / name, TrainedModel::instance().ontology);
    build.insert(build.end(), {"--genes", TrainedModel::instance().genes.string(), "--seed", "2"});
    run(build);
  }

  TemporaryFolder folder_;
  const std::string store_ = TrainedModel::instance().store.string();
};

TEST_F(AugmentJourney, VectorsAreMadeLookedAtAndTrainedWith) {
  const json made = run_json({"augment", "make", store_, "-o", at("vectors.h5ad"), "--pairs", "10", "--threads", "1"});
  EXPECT_EQ(made.at("types"), 3);
  EXPECT_EQ(made.at("options").at("pairs_per_type"), 10);
  EXPECT_GE(made.at("vectors"), 1);

  const std::vector<std::string> check = {"augment",   "check", store_, at("vectors.h5ad"), "--map-cells", "20",
                                          "--threads", "1",     "--map"};
  auto as_csv = check, as_page = check;
  as_csv.push_back(at("map.csv"));
  as_page.push_back(at("map.html"));
  const json found = run_json(as_csv);
  EXPECT_GT(found.at("r_squared").at("raw").at("cell_type").at("of_total_variance"), 0.1);
  const std::string csv = text_of("map.csv");
  EXPECT_TRUE(csv.starts_with("cell,dataset,source_row,cell_type,")) << csv.substr(0, 80);
  EXPECT_EQ(std::ranges::count(csv, '\n'), 41);
  EXPECT_NE(run(as_page).out.find("cell type and donor"), std::string::npos);
  EXPECT_NE(text_of("map.html").find("Augmented cells by donor"), std::string::npos);

  run({"train", store_, "-o", at("model"), "--kind", "linear", "--epochs", "2", "--augment", at("vectors.h5ad"),
       "--threads", "1", "--quiet"});
  const json model = run_json({"models", "show", at("model")});
  EXPECT_TRUE(model.at("training").at("plan").at("augmentation").is_string());
}

TEST_F(AugmentJourney, MistakesAreNamed) {
  make_vectors();
  const auto refused = [this](const std::vector<std::string>& arguments, const std::vector<std::string>& texts) {
    expect_refused(arguments, folder_.path(), texts);
  };
  const std::string vectors = at("vectors.h5ad"), out = at("out.h5ad");
  refused({"augment"}, {"sctab augment --help"});
  refused({"augment", "make", store_}, {"--output"});
  refused({"augment", "make", store_, "-o", ""}, {"--output", "empty"});
  refused({"augment", "make", store_, "-o", out, "--map", at("map.csv")}, {"unknown option '--map'"});
  refused({"augment", "make", store_, "-o", out, "--cluster-members", "9223372036854775807"},
          {"members of a cluster", "1000000000"});
  refused({"augment", "make", store_, "-o", out, "--cells", "1"}, {"cells to sample: 1"});
  refused({"augment", "check", store_, ""}, {"VECTORS", "empty"});
  refused({"augment", "check", store_, vectors, "--map", ""}, {"--map", "empty"});
  refused({"augment", "check", store_, vectors, "--map-cells", "20"}, {"--map-cells", "--map"});
  for (const char* making : {"--cells", "--pairs", "--clusters", "--cluster-members", "--vectors"}) {
    refused({"augment", "check", store_, vectors, making, "100"}, {std::string("unknown option '") + making});
  }
  refused({"train", store_, "-o", at("model"), "--augment", ""}, {"--augment", "empty"});
  refused({"train", store_, "-o", at("model"), "--covariate", ""}, {"--covariate", "empty"});
  const std::string model = TrainedModel::instance().model.string();
  expect_refused({"annotate", TrainedModel::instance().source.string(), "-m", model, "--tissue", ""}, folder_.path(),
                 {"--tissue", "empty"});
}

TEST_F(AugmentJourney, VectorsOfPeopleWhoAreHeldOutAreRefused) {
  make_vectors();
  fs::copy_file(TrainedModel::instance().source, folder_ / "renamed.h5ad");
  build_anew(TrainedModel::instance().source, "other split");
  build_anew(folder_ / "renamed.h5ad", "other name");
  const auto refused = [this](const std::string& store, const std::vector<std::string>& texts) {
    const std::string vectors = at("vectors.h5ad");
    expect_refused({"train", at(store), "-o", at("model"), "--kind", "linear", "--augment", vectors}, folder_.path(),
                   texts);
    expect_refused({"augment", "check", at(store), vectors}, folder_.path(), texts);
  };
  refused("other split", {"vectors.h5ad", "source:donor", "people it has seen"});
  refused("other name", {"vectors.h5ad", "source:donor", "another store", "sctab augment"});

  run({"corpus", "subsample", store_, "-o", at("part"), "--by", "donors", "--fraction", "0.3", "--quiet"});
  run({"augment", "check", at("part"), at("vectors.h5ad"), "--threads", "1"});
}

TEST_F(AugmentJourney, EvaluateTellsOfDonorsThatTheModelHasSeen) {
  build_anew(TrainedModel::instance().source, "other split");
  const std::string model = TrainedModel::instance().model.string();
  const auto evaluated = [&](const std::string& store, const std::string& split) {
    return run({"evaluate", store, "-m", model, "--split", split, "--threads", "1", "--json"});
  };
  const Finished own = evaluated(store_, "test"), trained = evaluated(store_, "train"), val = evaluated(store_, "val");
  EXPECT_EQ(json::parse(own.out).at("donors_seen"), 0);
  EXPECT_EQ(json::parse(own.out).at("absent_types"), json::array());
  EXPECT_GT(json::parse(trained.out).at("donors_seen"), 0);
  EXPECT_NE(trained.err.find("These are training cells"), std::string::npos) << trained.err;
  EXPECT_NE(val.err.find("was chosen on these cells"), std::string::npos) << val.err;
  for (const Finished& finished : {own, trained, val}) EXPECT_EQ(finished.err.find("warning"), std::string::npos);

  const Finished other = evaluated(at("other split"), "test");
  EXPECT_GT(json::parse(other.out).at("donors_seen"), 0);
  EXPECT_NE(other.err.find("warning"), std::string::npos) << other.err;
  EXPECT_NE(other.err.find("do not measure unseen people"), std::string::npos) << other.err;
}

}  // namespace
}  // namespace sctab::tests
