// The authors' Parquet store through the program: imported, and used by every command that takes a store.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/trained_model.hpp"
#include "formats/parquet/sql.hpp"
#include "support/parquet_store_files.hpp"

namespace sctab::tests {
namespace {
namespace fs = std::filesystem;
using nlohmann::json;

class CorpusImport : public testing::Test {
 protected:
  void SetUp() override {
    SCTAB_NEED_DUCKDB();
    files_ = std::make_unique<ParquetStoreFiles>(folder_ / "merlin");
  }
  [[nodiscard]] std::vector<std::string> import_arguments() const {
    return {"corpus",    "import", path("merlin"), "-o", path("store"), "--ontology", files_->ontology.string(),
            "--threads", "2"};
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  static std::string output_of(std::vector<std::string> arguments) {
    arguments.emplace_back("--quiet");
    const Finished finished = run_sctab(arguments);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return finished.out;
  }

  TemporaryFolder folder_;
  std::unique_ptr<ParquetStoreFiles> files_;
};

TEST_F(CorpusImport, SaysWhatItFound) {
  const std::string said = output_of(import_arguments());
  for (const char* text :
       {"parts: no _metadata in test: whether the last parts", "4 of 4 labels joined by name", "differ on 0 pairs",
        "class_weights.npy is within", "augmentation vectors: 3", "train", "1,800", "store: "}) {
    EXPECT_NE(said.find(text), std::string::npos) << text << "\n" << said;
  }
  auto arguments = import_arguments();
  arguments.insert(arguments.end(), {"--json", "--overwrite"});
  const json result = json::parse(output_of(arguments));
  EXPECT_EQ(result.at("cells").at("val"), 36);
  EXPECT_EQ(result.at("genes"), 45);
  EXPECT_EQ(result.at("splits_without_metadata"), json({"test"}));
  EXPECT_EQ(result.at("vectors"), 3);
  EXPECT_EQ(result.at("hierarchy_differences"), json::array());
  EXPECT_LT(result.at("class_weights").at("largest_difference").get<double>(), 1e-9);
}

TEST_F(CorpusImport, TheStoreIsAsGoodAsOneOfCounts) {
  output_of(import_arguments());
  const std::string store = path("store");
  EXPECT_NE(output_of({"corpus", "describe", store}).find("values are log-normalised"), std::string::npos);
  output_of({"train", store, "-o", path("model"), "--kind", "linear", "--epochs", "20", "--learning-rate", "0.02",
             "--threads", "1", "--augment", path("store/published_vectors.h5ad")});
  const auto score = [&](const std::string& model, const std::string& of) {
    return json::parse(output_of({"evaluate", of, "-m", model, "--json", "--threads", "1"}))
        .at("macro_f1")
        .get<double>();
  };
  EXPECT_GT(score(path("model"), store), 0.9);
  output_of({"corpus", "subsample", store, "-o", path("part"), "--by", "cells", "--fraction", "0.5"});
  EXPECT_EQ(score(path("model"), path("part")), score(path("model"), store)) << "the test is kept whole";
  output_of({"train", path("part"), "-o", path("centroid"), "--kind", "centroid", "--threads", "1"});
  EXPECT_GT(score(path("centroid"), store), 0.9);
  output_of({"pca", store, "-o", path("pca"), "--components", "5", "--threads", "1"});
  output_of({"augment", "make", store, "-o", path("vectors.h5ad"), "--threads", "1"});
  output_of({"augment", "check", store, path("vectors.h5ad"), "--threads", "1"});
  // The shards say themselves, to those who take them for sources, that they hold no counts.
  const Finished refused =
      run_sctab({"annotate", path("store/test-00000.h5ad"), "-m", path("model"), "-o", path("x.h5ad")});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("--input log-normalised"), std::string::npos) << refused.err;
}

TEST_F(CorpusImport, BadInputIsRefused) {
  auto arguments = import_arguments();
  arguments[2] = path("nothing");
  expect_refused(arguments, folder_.path(), {"nothing", "no such folder"});
  fs::remove(folder_ / "merlin" / "var.parquet");
  expect_refused(import_arguments(), folder_.path(), {"var.parquet", "no such file"});
  expect_refused({"corpus", "import", path("merlin"), "-o", path("store")}, folder_.path(), {"--ontology"});
}

/// Interrupted and started again, it makes the store that it would have made.
TEST_F(CorpusImport, GoesOnAfterCtrlC) {
  output_of(import_arguments());
  const auto expected = contents(path("store"));
  fs::remove_all(path("store"));
  const TemporaryFolder output;
  Process process(sctab_command(import_arguments()), output.path());
  while (!process.ended() && !fs::exists(folder_ / "store.import" / "import.json")) continue;
  process.interrupt();
  const Finished finished = process.wait();
  if (finished.exit_code != 0) {  // it may have been quicker
    EXPECT_EQ(finished.exit_code, 130) << finished.err;
    EXPECT_NE(finished.err.find("sctab: interrupted"), std::string::npos) << finished.err;
    EXPECT_FALSE(fs::exists(path("store")));
  }
  auto resume = import_arguments();
  resume.emplace_back("--resume");
  output_of(resume);
  EXPECT_TRUE(contents(path("store")) == expected);
  EXPECT_FALSE(fs::exists(folder_ / "store.import"));
}

}  // namespace
}  // namespace sctab::tests
