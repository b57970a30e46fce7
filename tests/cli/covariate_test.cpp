// A covariate through the program: cells whose type their tissue alone tells, trained, evaluated and annotated.
#include <nlohmann/json.hpp>

#include "cli/process.hpp"
#include "cli/test_cells.hpp"
#include "cli/trained_model.hpp"

namespace sctab::tests {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kCells = 600;

/// Cells of one expression, labelled T cell in blood and B cell in the lung, in turn.
H5adFile puzzle_cells() {
  H5adFile cells = distinct_types_file(kCells, 10);
  sparse::CsrMatrix same = cells.counts;
  same.clear(cells.counts.n_genes);
  for (core::CellIndex cell = 0; cell < cells.counts.n_cells; ++cell) {
    const auto row = cells.counts.row(cell - cell % 3);  // all of the first type
    same.append_row(row.indices, row.data);
  }
  cells.counts = std::move(same);
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    cells.obs["cell_type_ontology_term_id"][cell] = cell % 2 == 0 ? "CL:0000084" : "CL:0000236";
    cells.obs["tissue"][cell] = cell % 2 == 0 ? "blood" : "lung";
  }
  return cells;
}

class CovariateJourney : public testing::Test {
 protected:
  [[nodiscard]] std::string at(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::vector<std::string> train(const std::string& model, const std::string& kind = "linear") const {
    return {"train",  at("store"), "-o", at(model),         "--kind", kind,        "--covariate",
            "tissue", "--epochs",  "15", "--learning-rate", "0.01",   "--threads", "1"};
  }
  json annotate(const std::string& file, std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"annotate", at(file), "-m", at("model"), "-o", at("out.h5ad"), "--threads", "1"});
    return run_json(options);
  }

  void SetUp() override {
    puzzle_cells().write(folder_ / "source.h5ad");
    write_test_ontology(folder_ / "cl.obo");
    write_test_genes(folder_ / "genes.csv");
    auto build = build_arguments(folder_ / "source.h5ad", folder_ / "store", folder_ / "cl.obo");
    build.insert(build.end(), {"--genes", at("genes.csv")});
    run(build);
  }

  TemporaryFolder folder_;
};

TEST_F(CovariateJourney, TheTissueDecidesWhereItIsKnown) {
  auto members = train("model");
  members.insert(members.end(), {"--members", "2"});
  run(members);
  EXPECT_NE(run({"models", "show", at("model")}).out.find("a cell's tissue, if that is one of: blood, lung"),
            std::string::npos);

  const json known = run_json({"evaluate", at("store"), "-m", at("model")});
  EXPECT_GE(known.at("macro_f1"), 0.95);
  EXPECT_EQ(known.at("covariate").at("cells_without_level"), 0);
  const json withheld = run_json({"evaluate", at("store"), "-m", at("model"), "--no-covariate"});
  EXPECT_LE(withheld.at("macro_f1"), 0.7);
  EXPECT_NE(run({"evaluate", at("store"), "-m", at("model")}).out.find("tissue: 0 of "), std::string::npos);

  const json from_obs = annotate("source.h5ad");
  EXPECT_EQ(from_obs.at("cells_per_type"), (json{{"T cell", 300}, {"B cell", 300}}));
  EXPECT_EQ(from_obs.at("covariate").at("source"), "obs column tissue");
  EXPECT_EQ(annotate("source.h5ad", {"--obs", "tissue=lung"}).at("cells_per_type"), (json{{"B cell", 600}}));
  EXPECT_EQ(annotate("source.h5ad", {"--half"}).at("cells_per_type"), from_obs.at("cells_per_type"));
  for (const char* tissue : {"lung", "UBERON:0002048"}) {
    const json stated = annotate("source.h5ad", {"--tissue", tissue});
    EXPECT_EQ(stated.at("cells_per_type"), (json{{"B cell", 600}})) << tissue;
    EXPECT_EQ(stated.at("covariate").at("source"), std::string("--tissue ") + tissue);
  }

  H5adFile elsewhere = puzzle_cells();
  elsewhere.set_all("tissue", "skin");
  elsewhere.write(folder_ / "skin.h5ad");
  elsewhere.drop("tissue");
  elsewhere.write(folder_ / "none.h5ad");
  const json skin = annotate("skin.h5ad"), none = annotate("none.h5ad");
  EXPECT_EQ(skin.at("covariate").at("cells_without_level"), 600);
  EXPECT_EQ(skin.at("covariate").at("unknown_values"), (json{{"skin", 600}}));
  EXPECT_EQ(none.at("covariate").at("cells_without_level"), 600);
  EXPECT_EQ(skin.at("cells_per_type"), none.at("cells_per_type")) << "an unknown level is none";
  EXPECT_EQ(none.at("cells_per_type"), annotate("source.h5ad", {"--no-covariate"}).at("cells_per_type"));
}

TEST_F(CovariateJourney, MistakesAreNamed) {
  expect_refused({"train", at("store"), "-o", at("model"), "--kind", "centroid", "--covariate", "tissue"},
                 folder_.path(), {"--covariate", "applies to networks", "centroid"});
  expect_refused({"train", at("store"), "-o", at("model"), "--kind", "linear", "--covariate", "donor"}, folder_.path(),
                 {"--covariate: \"donor\"", "tissue_general"});
  run(train("model"));
  const std::vector<std::string> annotate = {"annotate", at("source.h5ad"), "-m", at("model")};
  const auto with = [&](const std::string& option, const std::string& value) {
    auto arguments = annotate;
    arguments.insert(arguments.end(), {option, value});
    return arguments;
  };
  expect_refused(with("--obs", "tissue=skin"), folder_.path(), {"--obs tissue=skin", "blood or lung"});
  expect_refused(with("--obs", "assay=10x"), folder_.path(), {"--obs assay=10x", "tissue=VALUE"});
  expect_refused(with("--tissue", "skin"), folder_.path(), {"--tissue skin", "blood or lung", "--no-covariate"});
}

}  // namespace
}  // namespace sctab::tests
