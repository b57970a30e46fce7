// A checkpoint in the authors' form, made of a model that was trained here: imported, it must answer as the model does.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/trained_model.hpp"
#include "support/checkpoint_writer.hpp"

namespace sctab::tests {
namespace {
namespace fs = std::filesystem;
using nlohmann::json;

/// The tensors of a linear model's .safetensors, as a checkpoint has them.
CheckpointText checkpoint_of_model(const fs::path& model) {
  const std::string bytes = read_bytes(model / "model.safetensors");
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, bytes.data(), sizeof(header_bytes));
  const json header = json::parse(bytes.substr(sizeof(header_bytes), header_bytes));
  const std::string data = bytes.substr(sizeof(header_bytes) + header_bytes);
  CheckpointText text;
  for (const auto& [name, tensor] : header.items()) {
    if (name == "__metadata__") continue;
    const std::size_t begin = tensor["data_offsets"][0], end = tensor["data_offsets"][1];
    text.storages[name] = data.substr(begin, end - begin);
    text.tensors.push_back({"classifier." + name, tensor["shape"].get<std::vector<std::int64_t>>(), name});
  }
  text.add("augmentations", {2, 2}, {1, 2, 3, 4});
  return text;
}

/// The published files of the trained model, in a folder.
class ModelsImport : public testing::Test {
 protected:
  ModelsImport() {
    checkpoint_of_model(trained_.model).write(folder_ / "best.ckpt");
    const json config = json::parse(std::ifstream(trained_.model / "config.json"));
    std::ofstream(folder_ / "hparams.yaml")
        << "gene_dim: " << config["architecture"]["n_genes"] << "\ntype_dim: " << config["architecture"]["n_types"]
        << "\noptimizer: !!python/name:torch.optim.adamw.AdamW ''\n";
    fs::copy_file(trained_.model / "genes.tsv", folder_ / "var.csv");
    std::ifstream types(trained_.model / "cell_types.tsv");
    std::ofstream labels(folder_ / "cell_type.csv");
    std::string line;
    std::getline(types, line);
    labels << ",label\n";
    while (std::getline(types, line)) {
      const std::size_t tab = line.find('\t'), next = line.find('\t', tab + 1);
      labels << line.substr(0, tab) << ",\"" << line.substr(tab + 1, next - tab - 1) << "\"\n";
    }
  }
  [[nodiscard]] std::vector<std::string> import_arguments() const {
    return {"models",        "import",   path("best.ckpt"),     "--hparams",  path("hparams.yaml"),       "--genes",
            path("var.csv"), "--labels", path("cell_type.csv"), "--ontology", trained_.ontology.string(), "-o",
            path("model")};
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  static std::string output_of(const std::vector<std::string>& arguments) {
    const Finished finished = run_sctab(arguments);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return finished.out;
  }

  const TrainedModel& trained_ = TrainedModel::instance();
  TemporaryFolder folder_;
};

TEST_F(ModelsImport, TheImportedModelAnswersAsTheTrainedOne) {
  const std::string said = output_of(import_arguments());
  for (const char* text : {"linear, 300 genes, 3 cell types", "3 of 3 labels joined by name", "model: "}) {
    EXPECT_NE(said.find(text), std::string::npos) << said;
  }
  for (const auto& [model, name] : {std::pair(trained_.model.string(), "own"), std::pair(path("model"), "imported")}) {
    output_of(
        {"annotate", trained_.source.string(), "-m", model, "-o", path(std::string(name) + ".csv"), "--threads", "1"});
  }
  EXPECT_GT(fs::file_size(path("own.csv")), 600U * 10);
  EXPECT_EQ(read_bytes(path("imported.csv")), read_bytes(path("own.csv")));

  const auto scores = [&](const std::string& model) {
    json result =
        json::parse(output_of({"evaluate", trained_.store.string(), "-m", model, "--json", "--threads", "1"}));
    result.erase("model");
    result.erase("donors_seen");  // a checkpoint does not say on whom it was trained
    return result;
  };
  EXPECT_EQ(scores(path("model")), scores(trained_.model.string()));
  EXPECT_NE(output_of({"models", "show", path("model")}).find("published checkpoint"), std::string::npos);
}

TEST_F(ModelsImport, ALabelWithoutATermIsListedAndCalledUnknownById) {
  std::string labels = read_bytes(path("cell_type.csv"));
  labels.replace(labels.find("T cell"), 6, "tea cell");
  write_bytes(path("cell_type.csv"), labels);
  const std::string said = output_of(import_arguments());
  EXPECT_NE(said.find("1 of 3 labels joined no term"), std::string::npos) << said;
  EXPECT_NE(said.find("\"tea cell\" has no Cell Ontology id: no term has this name"), std::string::npos) << said;
  output_of({"annotate", trained_.source.string(), "-m", path("model"), "-o", path("x.csv")});
  EXPECT_NE(read_bytes(path("x.csv")).find(",tea cell,unknown,"), std::string::npos);
  const json scores = json::parse(output_of({"evaluate", trained_.store.string(), "-m", path("model"), "--json"}));
  EXPECT_LT(scores["micro_f1"].get<double>(), 0.9) << "calls of a label without a term cannot be right";
  auto arguments = import_arguments();
  arguments.insert(arguments.end(), {"--json", "--overwrite"});
  const json result = json::parse(output_of(arguments));
  EXPECT_EQ(result["labels"].size(), 3U);
}

TEST_F(ModelsImport, TheOntologyMayBeNamedInTheEnvironment) {
  auto arguments = import_arguments();
  const auto option = std::find(arguments.begin(), arguments.end(), "--ontology");
  ASSERT_NE(option, arguments.end());
  arguments.erase(option, option + 2);
  expect_refused(arguments, folder_.path(), {"cell_type.csv", "give --ontology"});
  ::setenv("SCTAB_ONTOLOGY", trained_.ontology.c_str(), 1);
  const std::string said = output_of(arguments);
  ::unsetenv("SCTAB_ONTOLOGY");
  EXPECT_NE(said.find("3 of 3 labels joined by name"), std::string::npos) << said;
}

TEST_F(ModelsImport, BadInputIsRefused) {
  auto arguments = import_arguments();
  arguments[2] = path("none.ckpt");
  expect_refused(arguments, folder_.path(), {"none.ckpt", "no such file"});
  arguments[2] = path("hparams.yaml");
  expect_refused(arguments, folder_.path(), {"hparams.yaml", "not a checkpoint"});
  write_bytes(path("cell_type.csv"), "PAR1");
  expect_refused(import_arguments(), folder_.path(), {"cell_type.csv", "Parquet"});
}

}  // namespace
}  // namespace sctab::tests
