// The main job through the program, on simulated cells: simulate, build, describe, subsample, train, evaluate,
// annotate, show; and that an annotated file is the user's file with the results added.
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "cli/test_cells.hpp"
#include "cli/trained_model.hpp"
#include "support/source_folder.hpp"

namespace sctab::tests {
namespace {
namespace fs = std::filesystem;

TEST(Journey, FromSimulatedCellsToLabels) {
  const TemporaryFolder folder;
  const auto at = [&folder](const std::string& name) { return (folder / name).string(); };
  run({"simulate", "-o", at("sim"), "--cells", "2000", "--n-genes", "500", "--types", "6", "--donors", "12", "--seed",
       "3"});
  std::vector<std::string> build = {"corpus",       "build",
                                    "-o",           at("store"),
                                    "--ontology",   at("sim/ontology.obo"),
                                    "--genes",      at("sim/genes.csv"),
                                    "--min-cells",  "10",
                                    "--min-donors", "2"};
  for (const auto& entry : fs::directory_iterator(folder / "sim")) {
    if (entry.path().extension() == ".h5ad") build.push_back(entry.path().string());
  }
  const nlohmann::json built = run_json(build);
  EXPECT_GT(built.at("cells"), 500);
  EXPECT_GE(built.at("types"), 2);

  EXPECT_TRUE(run_json({"corpus", "describe", at("store")}).is_object());
  EXPECT_FALSE(run({"corpus", "describe", at("store"), "--html", at("store.html")}).out.empty());
  EXPECT_GT(fs::file_size(folder / "store.html"), 10'000U);
  run({"corpus", "subsample", at("store"), "-o", at("half"), "--by", "donors", "--fraction", "0.5"});

  const nlohmann::json trained = run_json({"train", at("store"), "-o", at("model"), "--epochs", "2", "--threads", "1",
                                           "--n-d", "16", "--n-a", "16", "--n-shared", "1", "--n-independent", "1"});
  EXPECT_EQ(trained.at("model"), at("model"));
  const nlohmann::json scores = run_json({"evaluate", at("store"), "-m", at("model"), "-o", at("scores.json")});
  for (const char* key : {"macro_f1", "weighted_f1", "micro_f1", "macro_f1_uncorrected"}) {
    ASSERT_TRUE(scores.at(key).is_number()) << key;
    EXPECT_GE(scores.at(key), 0.0);
    EXPECT_LE(scores.at(key), 1.0);
  }
  EXPECT_EQ(nlohmann::json::parse(std::ifstream(folder / "scores.json")), scores);
  EXPECT_NE(run({"evaluate", at("half"), "-m", at("model"), "--split", "val"}).out.find("acro F1"), std::string::npos);

  const nlohmann::json labelled = run_json({"annotate", at("sim/source-01.h5ad"), "-m", at("model")});
  EXPECT_EQ(labelled.at("h5ad"), at("sim/source-01.sctab.h5ad"));
  EXPECT_EQ(labelled.at("genes_found"), labelled.at("genes_of_model"));
  EXPECT_TRUE(fs::exists(folder / "sim/source-01.sctab.csv"));
  EXPECT_EQ(run_json({"models", "show", at("model")}).at("genes").at("n"), labelled.at("genes_of_model"));
  EXPECT_FALSE(run({"models", "show", at("model")}).out.empty());
}

TEST(Journey, ClearTypesAreToldApartOnDonorsNeverSeen) {
  const TrainedModel& trained = TrainedModel::instance();
  const nlohmann::json scores = run_json({"evaluate", trained.store.string(), "-m", trained.model.string()});
  EXPECT_GT(scores.at("macro_f1"), 0.95);
}

/// Annotates and lets Python compare the two files object by object, then open, slice and write the result.
void expect_all_else_kept(const fs::path& file, const fs::path& model, const std::vector<std::string>& more = {}) {
  if (run_program({"/usr/bin/python3", "-c", "import anndata, h5py"}).exit_code != 0) {
    GTEST_SKIP() << "needs python3-anndata and python3-h5py";
  }
  const TemporaryFolder folder;
  const std::string out = (folder / "out.h5ad").string();
  std::vector<std::string> arguments = {
      "annotate", file.string(), "-m", model.string(), "-o", out, "-o", (folder / "out.csv").string(), "--threads",
      "1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Finished annotated = run_sctab(arguments);
  ASSERT_EQ(annotated.exit_code, 0) << annotated.err;
  const std::string script = (tests::source_folder() / "tests/cli/check_annotated.py").string();
  const Finished checked = run_program({"/usr/bin/python3", script, file.string(), out, (folder / "out.csv").string()});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
}

TEST(AnnotatedFile, KeepsEverythingElse) {
  const TrainedModel& trained = TrainedModel::instance();
  expect_all_else_kept(trained.source, trained.model);
}

TEST(AnnotatedFile, CanBeAnnotatedAgain) {
  const TrainedModel& trained = TrainedModel::instance();
  const TemporaryFolder folder;
  const std::string once = (folder / "once.h5ad").string();
  run({"annotate", trained.source.string(), "-m", trained.model.string(), "-o", once});
  expect_all_else_kept(once, trained.model);
}

TEST(AnnotatedFile, OfTheCellxgeneSchemaKeepsEverythingElse) {
  SCTAB_NEED_SHARED(file, "data/cells/lattice_liver_bcells_cellxgene.h5ad");
  SCTAB_NEED_SHARED(source, "data/cells/kang_ifnb.h5ad");
  SCTAB_NEED_SHARED(ontology, "data/ontology/cl_2023-07-20.obo");
  SCTAB_NEED_SHARED(genes, "data/genes/sctab_features.csv");
  const TemporaryFolder folder;
  const fs::path store = folder / "store", model = folder / "model";
  run({"corpus", "build", source.string(), "-o", store.string(), "--ontology", ontology.string(), "--genes",
       genes.string(), "--min-cells", "15", "--min-donors", "1", "--any-assay", "--assume-primary"});
  run({"train", store.string(), "-o", model.string(), "--kind", "linear", "--epochs", "1", "--threads", "1"});
  expect_all_else_kept(file, model);
  SCTAB_NEED_SHARED(unlabelled, "data/cells/laughney_lung_tumour.h5ad");
  expect_all_else_kept(unlabelled, model);
}

}  // namespace
}  // namespace sctab::tests
