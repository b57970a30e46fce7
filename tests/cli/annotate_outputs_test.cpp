// What `sctab annotate` writes and where: one file and several, copies and labels alone, standard output, installed
// models.
#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "cli/test_cells.hpp"
#include "cli/trained_model.hpp"
#include "sctab/formats/parquet/parquet.hpp"

namespace sctab::tests {
namespace {
namespace fs = std::filesystem;
using nlohmann::json;

class AnnotateOutputs : public testing::Test {
 protected:
  AnnotateOutputs() {
    for (const char* name : {"a.h5ad", "b.h5ad"}) distinct_types_file(60, 2).write(folder_ / name);
    labels_ = run({"annotate", at("a.h5ad"), "-m", model_, "-o", "-", "--threads", "1", "--quiet"}).out;
  }
  [[nodiscard]] std::string at(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::vector<std::string> annotate(std::vector<std::string> more) const {
    more.insert(more.begin(), {"annotate", "-m", model_, "--threads", "1"});
    return more;
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
      names.push_back(entry.path().lexically_relative(folder_.path()).string());
    }
    std::ranges::sort(names);
    return names;
  }

  const TrainedModel& trained_ = TrainedModel::instance();
  const std::string model_ = trained_.model.string();
  TemporaryFolder folder_;
  std::string labels_;  // the csv
};

using Names = std::vector<std::string>;

TEST_F(AnnotateOutputs, LabelsAloneDoNotCopyTheFile) {
  EXPECT_TRUE(labels_.starts_with("cell,cell_type,cell_type_ontology_term_id,probability,uncertainty\ncell-0,"));
  EXPECT_EQ(std::ranges::count(labels_, '\n'), 61);
  run(annotate({at("a.h5ad"), "-o", at("x.csv"), "-o", at("x.tsv")}));
  EXPECT_EQ(names(), (Names{"a.h5ad", "b.h5ad", "x.csv", "x.tsv"}));
  EXPECT_EQ(read_bytes(folder_ / "x.csv"), labels_);
  std::string tabs = labels_;
  std::ranges::replace(tabs, ',', '\t');
  EXPECT_EQ(read_bytes(folder_ / "x.tsv"), tabs);
}

TEST_F(AnnotateOutputs, ParquetHoldsTheSameTable) {
  if (!parquet::is_available()) {
    expect_refused(annotate({at("a.h5ad"), "-o", at("x.parquet")}), folder_.path(), {"DuckDB", ".csv"});
    return;
  }
  run(annotate({at("a.h5ad"), "-o", at("x.parquet")}));
  const core::CsvTable table = parquet::read_table(folder_ / "x.parquet");
  ASSERT_EQ(table.rows.size(), 60U);
  EXPECT_EQ(table.header.back(), "uncertainty");
  EXPECT_EQ(labels_.find(table.rows[7][0] + "," + table.rows[7][1] + "," + table.rows[7][2] + ","),
            labels_.find("cell-7,"));
}

TEST_F(AnnotateOutputs, StandardOutputHoldsTheCsvAndNothingElse) {
  const Finished finished = run(annotate({at("a.h5ad"), "-o", "-", "-o", at("x.h5ad")}));
  EXPECT_EQ(finished.out, labels_);
  EXPECT_NE(finished.err.find("genes: 300 of the model's 300 found"), std::string::npos) << finished.err;
  EXPECT_EQ(names(), (Names{"a.h5ad", "b.h5ad", "x.h5ad"}));
  expect_refused(annotate({at("a.h5ad"), "-o", "-", "--json"}), folder_.path(), {"--json", "-o -"});
  const std::string full = "exec \"$0\" annotate \"$1\" -m \"$2\" -o - > /dev/full";
  const Finished refused = run_program({"/bin/sh", "-c", full, SCTAB_PROGRAM, at("a.h5ad"), model_});
  EXPECT_EQ(refused.exit_code, 2) << refused.err;
}

TEST_F(AnnotateOutputs, SeveralFilesGoNextToThemOrIntoAFolder) {
  const json result = run_json(annotate({at("a.h5ad"), at("b.h5ad"), "-o", at("out")}));
  ASSERT_EQ(result.at("files").size(), 2U);
  EXPECT_EQ(result.at("files")[1].at("csv"), at("out/b.sctab.csv"));
  EXPECT_EQ(result.at("files")[1].at("cells"), 60);
  EXPECT_EQ(names(), (Names{"a.h5ad", "b.h5ad", "out", "out/a.sctab.csv", "out/a.sctab.h5ad", "out/b.sctab.csv",
                            "out/b.sctab.h5ad"}));
  EXPECT_EQ(read_bytes(folder_ / "out/a.sctab.csv"), labels_);
  fs::remove_all(folder_ / "out");
  const std::string said = run(annotate({at("a.h5ad"), at("b.h5ad")})).out;
  EXPECT_NE(said.find(at("b.h5ad") + "\ncell type"), std::string::npos) << said;
  EXPECT_EQ(names(), (Names{"a.h5ad", "a.sctab.csv", "a.sctab.h5ad", "b.h5ad", "b.sctab.csv", "b.sctab.h5ad"}));
}

TEST_F(AnnotateOutputs, AFileThatFailsDoesNotStopTheOthers) {
  write_bytes(folder_ / "bad.h5ad", "not HDF5");
  const Finished finished = run_sctab(annotate({at("bad.h5ad"), at("a.h5ad"), at("none.h5ad"), "-o", at("out")}));
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_EQ(names(), (Names{"a.h5ad", "b.h5ad", "bad.h5ad", "out", "out/a.sctab.csv", "out/a.sctab.h5ad"}));
  EXPECT_NE(finished.err.find(at("bad.h5ad") + ": "), std::string::npos) << finished.err;
  EXPECT_NE(finished.err.find("sctab: 2 of 3 files could not be annotated: " + at("bad.h5ad") + ", " + at("none.h5ad")),
            std::string::npos)
      << finished.err;
  const json result = json::parse(run_sctab(annotate({at("bad.h5ad"), at("a.h5ad"), "--json"})).out);
  EXPECT_TRUE(result.at("files")[0].contains("error"));
  EXPECT_EQ(result.at("files")[1].at("cells"), 60);
}

TEST_F(AnnotateOutputs, InputsOfOneNameAreRefusedBeforeTheWork) {
  fs::create_directory(folder_ / "other");
  fs::copy_file(folder_ / "a.h5ad", folder_ / "other/a.h5ad");
  expect_refused(annotate({at("a.h5ad"), at("other/a.h5ad"), "-o", at("out")}), folder_.path(),
                 {"other/a.h5ad", "a.sctab.h5ad", "different names"});
}

TEST_F(AnnotateOutputs, AnInstalledModelIsFoundByItsName) {
  fs::create_directory(folder_ / "models");
  fs::copy(trained_.model, folder_ / "models/tiny", fs::copy_options::recursive);
  ::setenv("SCTAB_MODELS", at("models").c_str(), 1);
  EXPECT_EQ(run({"annotate", at("a.h5ad"), "-m", "tiny", "-o", "-", "--threads", "1"}).out, labels_);
  EXPECT_EQ(run_json({"models", "show", "tiny"}).at("name"), "tiny");
  EXPECT_GT(run_json({"evaluate", trained_.store.string(), "-m", "tiny"}).at("macro_f1"), 0.9);
  const json listed = run_json({"models", "list"});
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].at("name"), "tiny");
  EXPECT_EQ(listed[0].at("kind"), "linear");
  EXPECT_EQ(listed[0].at("cell_types"), 3);
  EXPECT_NE(run({"models", "list"}).out.find("tiny"), std::string::npos);
  expect_refused({"annotate", at("a.h5ad"), "-m", "tinny"}, folder_.path(),
                 {"tinny", at("models"), "did you mean 'tiny'?", "sctab models list"});
  ::unsetenv("SCTAB_MODELS");
  expect_refused({"annotate", at("a.h5ad"), "-m", "tiny"}, folder_.path(), {"tiny", "share/sctab/models"});
}

TEST_F(AnnotateOutputs, ATissueWithoutEffectIsReported) {
  const Finished finished = run(annotate({at("a.h5ad"), "-o", "-", "--tissue", "lung"}));
  EXPECT_EQ(finished.out, labels_);
  EXPECT_NE(finished.err.find("--tissue lung has no effect, because the model model was trained without"),
            std::string::npos)
      << finished.err;
}

}  // namespace
}  // namespace sctab::tests
