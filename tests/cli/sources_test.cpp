// Where `sctab annotate` and `sctab corpus build` take cells from: packed files, standard input, names of outputs.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "cli/test_cells.hpp"
#include "cli/trained_model.hpp"
#include "sctab/formats/h5ad/reader.hpp"

namespace sctab::tests {
namespace {
namespace fs = std::filesystem;

class Sources : public testing::Test {
 protected:
  Sources() {
    distinct_types_file(60, 4).write(folder_ / "a.h5ad");
    labels_ = run({"annotate", at("a.h5ad"), "-m", model_, "-o", "-", "--threads", "1", "--quiet"}).out;
    const Finished packed = run_program({"/bin/sh", "-c", "gzip -c \"$0\" > \"$0.gz\"", at("a.h5ad")});
    EXPECT_EQ(packed.exit_code, 0) << packed.err;
  }
  [[nodiscard]] std::string at(const std::string& name) const { return (folder_ / name).string(); }
  /// `sctab annotate - -m MODEL …` with a file as standard input, through a pipe.
  [[nodiscard]] Finished annotate_piped(const std::string& file, const std::string& more) const {
    const std::string line = "cat \"$1\" | \"$0\" annotate - -m \"$2\" --threads 1 " + more;
    return run_program({"/bin/sh", "-c", line, SCTAB_PROGRAM, at(file), model_});
  }

  const TrainedModel& trained_ = TrainedModel::instance();
  const std::string model_ = trained_.model.string();
  TemporaryFolder folder_;
  std::string labels_;  // the csv
};

TEST_F(Sources, APackedFileGivesTheLabelsOfWhatIsInIt) {
  const nlohmann::json result = run_json({"annotate", at("a.h5ad.gz"), "-m", model_, "--threads", "1"});
  EXPECT_EQ(result.at("file"), at("a.h5ad.gz"));
  EXPECT_EQ(result.at("h5ad"), at("a.sctab.h5ad"));
  EXPECT_EQ(result.at("csv"), at("a.sctab.csv"));
  EXPECT_EQ(result.at("notes"), nlohmann::json::array());
  EXPECT_EQ(read_bytes(folder_ / "a.sctab.csv"), labels_);
  const h5ad::File copy(folder_ / "a.sctab.h5ad");
  EXPECT_TRUE(copy.has_obs("sctab_cell_type"));
  expect_refused({"annotate", at("a.h5ad"), at("a.h5ad.gz"), "-m", model_, "-o", at("out")}, folder_.path(),
                 {"a.h5ad.gz", "different names"});
}

TEST_F(Sources, StandardInputIsRead) {
  for (const char* file : {"a.h5ad", "a.h5ad.gz"}) {
    EXPECT_EQ(annotate_piped(file, "-o - --quiet").out, labels_) << file;
  }
  const Finished finished = annotate_piped("a.h5ad", "-o \"" + at("x.h5ad") + "\"");
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_TRUE(h5ad::File(folder_ / "x.h5ad").has_obs("sctab_cell_type"));
}

TEST_F(Sources, StandardInputNeedsANameForItsResults) {
  expect_refused({"annotate", "-", "-m", model_}, folder_.path(), {"standard input", "-o FILE.h5ad"});
  expect_refused({"corpus", "build", "-", "-o", at("store"), "--ontology", trained_.ontology.string()}, folder_.path(),
                 {"standard input", "twice"});
  const Finished junk = run_program({"/bin/sh", "-c", "echo junk | \"$0\" annotate - -m \"$1\" -o \"$2\" --quiet",
                                     SCTAB_PROGRAM, model_, at("x.csv")});
  EXPECT_EQ(junk.exit_code, 2);
  EXPECT_TRUE(junk.err.starts_with("sctab: standard input: ")) << junk.err;
  EXPECT_FALSE(fs::exists(folder_ / "x.csv"));
}

TEST_F(Sources, CorporaAreBuiltFromPackedFiles) {
  std::vector<std::string> build = build_arguments(at("a.h5ad.gz"), at("store"), trained_.ontology);
  run(build);
  build = build_arguments(at("a.h5ad"), at("store-2"), trained_.ontology);
  run(build);
  for (const char* file : {"genes.tsv", "train-00000.h5ad"}) {
    EXPECT_EQ(read_bytes(folder_ / "store" / file), read_bytes(folder_ / "store-2" / file)) << file;
  }
}

TEST_F(Sources, OptionsSayHowSourcesAreOpened) {
  for (const std::string command : {"annotate", "corpus build"}) {
    const Finished help = run_program({"/bin/sh", "-c", "\"$0\" " + command + " --help", SCTAB_PROGRAM});
    for (const char* option : {"--modality", "--orientation", "--allow-external"}) {
      EXPECT_NE(help.out.find(option), std::string::npos) << command << ' ' << option;
    }
  }
  expect_refused({"annotate", at("a.h5ad"), "-m", model_, "--orientation", "sideways"}, folder_.path(),
                 {"--orientation", "genes-by-cells"});
  run({"annotate", at("a.h5ad"), "-m", model_, "--orientation", "genes-by-cells", "-o", at("x.csv")});
  EXPECT_EQ(read_bytes(folder_ / "x.csv"), labels_) << "only tables of text have one";
}

}  // namespace
}  // namespace sctab::tests
