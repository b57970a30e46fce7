// Stores and model directories that were damaged, given to the commands that read them.
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/trained_model.hpp"

namespace sctab::tests {
namespace {
namespace fs = std::filesystem;

/// Copies of a good store and a good model, for a test to damage.
class DamagedDirectory : public testing::Test {
 protected:
  DamagedDirectory() {
    fs::copy(trained_.store, folder_ / "store", fs::copy_options::recursive);
    fs::copy(trained_.model, folder_ / "model", fs::copy_options::recursive);
    fs::copy_file(trained_.source, folder_ / "source.h5ad");
  }
  void expect_train_refused(const std::vector<std::string>& texts) {
    expect_refused({"train", path("store"), "-o", path("model"), "--kind", "linear", "--epochs", "1", "--overwrite"},
                   folder_.path(), texts);
  }
  void expect_annotate_refused(const std::vector<std::string>& texts) {
    expect_refused({"annotate", path("source.h5ad"), "-m", path("model")}, folder_.path(), texts);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

  const TrainedModel& trained_ = TrainedModel::instance();
  TemporaryFolder folder_;
};

void overwrite_middle(const fs::path& file) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(fs::file_size(file) / 3));
  stream << std::string(fs::file_size(file) / 3, '\x55');
}

TEST_F(DamagedDirectory, ShardWithOtherBytes) {
  overwrite_middle(folder_ / "store/train-00000.h5ad");
  expect_train_refused({"train-00000.h5ad"});
}

TEST_F(DamagedDirectory, ShardOfAnotherSize) {
  fs::resize_file(folder_ / "store/test-00000.h5ad", 1000);
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"evaluate", path("store"), "-m", path("model")},
           {"corpus", "describe", path("store")},
           {"corpus", "subsample", path("store"), "-o", path("part"), "--by", "cells", "--fraction", "0.5"}}) {
    expect_refused(arguments, folder_.path(), {"test-00000.h5ad", "1000"});
  }
}

TEST_F(DamagedDirectory, ShardMissing) {
  fs::remove(folder_ / "store/val-00000.h5ad");
  expect_train_refused({"val-00000.h5ad"});
}

TEST_F(DamagedDirectory, StoreOfANewerVersion) {
  nlohmann::json json = nlohmann::json::parse(std::ifstream(folder_ / "store/store.json"));
  json["format_version"] = 99;
  std::ofstream(folder_ / "store/store.json") << json;
  expect_train_refused({"store.json", "99", "newer"});
}

TEST_F(DamagedDirectory, NoStoreAndNoModel) {
  expect_refused({"train", path("nothing"), "-o", path("model")}, folder_.path(), {"nothing"});
  expect_refused({"models", "show", path("nothing")}, folder_.path(), {"nothing"});
  expect_refused({"annotate", path("source.h5ad"), "-m", path("store")}, folder_.path(), {"store"});
}

TEST_F(DamagedDirectory, EvaluationInThePlaceOfAFolder) {
  for (const char* name : {"store", "model"}) {
    expect_refused({"evaluate", path("store"), "-m", path("model"), "-o", path(name)}, folder_.path(),
                   {name, "is a folder"});
  }
  // Before the work: neither the model nor the store is there to be opened.
  expect_refused({"evaluate", path("none"), "-m", path("none"), "-o", path("missing/scores.json")}, folder_.path(),
                 {"missing", "does not exist"});
}

TEST_F(DamagedDirectory, ModelWithAMissingFile) {
  for (const char* name : {"config.json", "genes.tsv", "cell_types.tsv", "ontology.json", "model.safetensors"}) {
    fs::rename(folder_ / "model" / name, folder_ / "aside");
    expect_annotate_refused({name});
    fs::rename(folder_ / "aside", folder_ / "model" / name);
  }
}

TEST_F(DamagedDirectory, ModelWithAResizedFile) {
  for (const char* name : {"config.json", "genes.tsv", "cell_types.tsv", "ontology.json", "model.safetensors"}) {
    const fs::path file = folder_ / "model" / name;
    fs::copy_file(file, folder_ / "aside");
    fs::resize_file(file, fs::file_size(file) * 2 / 3);
    expect_annotate_refused({name});
    fs::rename(folder_ / "aside", file);
  }
}

TEST_F(DamagedDirectory, ModelWithARepeatedGene) {
  std::ifstream in(folder_ / "model/genes.tsv");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  lines[5] = lines[6];
  std::ofstream out(folder_ / "model/genes.tsv");
  for (const std::string& line : lines) out << line << '\n';
  out.close();
  expect_annotate_refused({"genes.tsv"});
}

}  // namespace
}  // namespace sctab::tests
