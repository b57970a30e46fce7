// Every kind of bad h5ad, given to `corpus build` and `annotate`: refused with one line, and nothing is written.
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>

#include "cli/test_cells.hpp"
#include "cli/trained_model.hpp"
#include "sctab/sparse/normalise.hpp"

namespace sctab::tests {
namespace {
namespace fs = std::filesystem;

class BadSource : public testing::Test {
 protected:
  BadSource() {
    // Earlier outputs, which a failure must leave as they are.
    fs::create_directory(folder_ / "store");
    fs::copy_file(trained_.store / "store.json", folder_ / "store" / "store.json");
    std::ofstream(folder_ / "bad.sctab.h5ad") << "earlier";
    std::ofstream(folder_ / "bad.sctab.csv") << "earlier";
  }

  void expect_build_refused(const std::vector<std::string>& texts, const std::vector<std::string>& more = {}) {
    auto arguments = build_arguments(bad_, folder_ / "store", trained_.ontology);
    arguments.emplace_back("--overwrite");
    arguments.insert(arguments.end(), more.begin(), more.end());
    expect_refused(arguments, folder_.path(), texts);
  }
  void expect_annotate_refused(const std::vector<std::string>& texts, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"annotate", bad_.string(), "-m", trained_.model.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    expect_refused(arguments, folder_.path(), texts);
  }
  void expect_both_refused(const std::vector<std::string>& texts) {
    expect_build_refused(texts);
    expect_annotate_refused(texts);
  }

  const TrainedModel& trained_ = TrainedModel::instance();
  TemporaryFolder folder_;
  fs::path bad_ = folder_ / "bad.h5ad";
  H5adFile cells_ = distinct_types_file(60, 6, 2);
};

TEST_F(BadSource, NoSuchFile) {
  expect_both_refused({"bad.h5ad"});
}

TEST_F(BadSource, NotHdf5) {
  std::ofstream(bad_) << "cell,gene\n1,2\n";
  expect_both_refused({"bad.h5ad", "HDF5"});
}

TEST_F(BadSource, AmongOthers) {
  cells_.write(folder_ / "good.h5ad");
  std::ofstream(bad_) << "cell,gene\n1,2\n";
  auto arguments = build_arguments(bad_, folder_ / "store", trained_.ontology);
  const auto source = std::find(arguments.begin(), arguments.end(), bad_.string());
  ASSERT_NE(source, arguments.end());
  arguments.insert(source, (folder_ / "good.h5ad").string());
  arguments.emplace_back("--overwrite");
  expect_refused(arguments, folder_.path(),
                 {"bad.h5ad", "HDF5", "add --keep-going to build the store from the other sources"});
}

TEST_F(BadSource, TruncatedHdf5) {
  cells_.write(bad_);
  fs::resize_file(bad_, fs::file_size(bad_) / 2);
  expect_both_refused({"bad.h5ad"});
}

TEST_F(BadSource, WithoutX) {
  cells_.write(bad_);
  remove_object(bad_, "X");
  expect_both_refused({"bad.h5ad", "X"});
}

TEST_F(BadSource, LogNormalisedWithoutCounts) {
  sparse::log_normalise(cells_.counts);
  cells_.write(bad_);
  expect_both_refused({"bad.h5ad", "X"});
  expect_annotate_refused({"--input log-normalised"});
}

TEST_F(BadSource, LogNormalisedIsAnnotatedWhenSaid) {
  cells_.write(folder_ / "counts.h5ad");
  sparse::log_normalise(cells_.counts);
  cells_.write(folder_ / "logs.h5ad");
  const auto annotate = [this](const char* name, const char* kind) {
    const Finished done =
        run_sctab({"annotate", (folder_ / name).string(), "-m", trained_.model.string(), "-o",
                   (folder_ / "out.h5ad").string(), "-o", (folder_ / "out.csv").string(), "--input", kind});
    EXPECT_EQ(done.exit_code, 0) << done.err;
    return contents(folder_.path()).at((folder_ / "out.csv").string());
  };
  EXPECT_EQ(annotate("logs.h5ad", "log-normalised"), annotate("counts.h5ad", "counts"));
}

TEST_F(BadSource, NegativeNanAndInfiniteCountsNameTheCell) {
  const float clean = cells_.counts.data[static_cast<std::size_t>(cells_.counts.indptr[7])];
  for (const float value : {-1.0F, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    float& spoilt = cells_.counts.data[static_cast<std::size_t>(cells_.counts.indptr[7])];
    spoilt = value;
    cells_.write(bad_);
    expect_both_refused({"bad.h5ad", "cell 7"});
    spoilt = clean;
  }
}

TEST_F(BadSource, TooFewOfTheModelsGenes) {
  for (std::size_t gene = 0; gene < cells_.genes.size(); ++gene) cells_.genes[gene] = "Gene" + std::to_string(gene);
  cells_.write(bad_);
  expect_annotate_refused({"bad.h5ad", "0 of the model's 300 genes", "gene symbols"});
  for (std::size_t gene = 0; gene < cells_.genes.size(); ++gene) {
    cells_.genes[gene] = "ENSMUSG0000000" + std::to_string(1000 + gene);
  }
  cells_.write(bad_);
  expect_annotate_refused({"0 of the model's 300 genes", "another species"});
}

TEST_F(BadSource, DuplicateGenesInTheGeneList) {
  cells_.write(bad_);
  std::ofstream(folder_ / "genes.csv") << "ENSG00000000001,A\nENSG00000000002,B\nENSG00000000001.4,A\n";
  expect_build_refused({"genes.csv", "ENSG00000000001"}, {"--genes", (folder_ / "genes.csv").string()});
}

TEST_F(BadSource, LabelThatIsNoOntologyId) {
  cells_.set_all("cell_type_ontology_term_id", "T cells, probably");
  cells_.write(bad_);
  expect_build_refused({"bad.h5ad", "T cells, probably", "CL:"});
}

TEST_F(BadSource, NoLabelColumn) {
  cells_.drop("cell_type_ontology_term_id");
  cells_.write(bad_);
  expect_build_refused({"bad.h5ad", "cell_type_ontology_term_id", "--cell-type-key"});
}

TEST_F(BadSource, NoDonorColumn) {
  cells_.drop("donor_id");
  cells_.write(bad_);
  expect_build_refused({"bad.h5ad", "donor_id", "--donor-key"});
}

TEST_F(BadSource, NoPrimaryDataColumn) {
  cells_.drop("is_primary_data");
  cells_.write(bad_);
  expect_build_refused({"bad.h5ad", "is_primary_data", "--assume-primary"});
}

TEST_F(BadSource, OneDonorOnly) {
  cells_.set_all("donor_id", "the only one");
  cells_.write(bad_);
  expect_build_refused({"donor"});
}

TEST_F(BadSource, FewerTypesThanTwo) {
  cells_.set_all("cell_type_ontology_term_id", "CL:0000084");
  cells_.write(bad_);
  expect_build_refused({"type"});
}

TEST_F(BadSource, UnwritableOutput) {
  cells_.write(bad_);
  expect_annotate_refused({"no-such-folder"}, {"-o", (folder_ / "no-such-folder" / "x.h5ad").string()});
  expect_annotate_refused({"/proc/x.h5ad: ", "another output"}, {"-o", "/proc/x.h5ad"});
  const fs::path store = folder_ / "no-such-folder" / "store";
  expect_refused(build_arguments(bad_, store, trained_.ontology), folder_.path(), {"no-such-folder"});
  fs::remove(folder_ / "store" / "store.json");
  std::ofstream(folder_ / "store" / "thesis.txt") << "not ours";
  expect_build_refused({"store", "store.json"});
}

TEST_F(BadSource, UnwritableFolder) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write to every folder";
  cells_.write(bad_);
  fs::create_directory(folder_ / "closed");
  fs::permissions(folder_ / "closed", fs::perms::owner_read | fs::perms::owner_exec);
  expect_annotate_refused({"closed", "cannot be written"}, {"-o", (folder_ / "closed" / "x.h5ad").string()});
}

TEST_F(BadSource, OutputThatIsTheInput) {
  cells_.write(bad_);
  expect_annotate_refused({"bad.h5ad", "input itself"}, {"-o", bad_.string()});
}

TEST_F(BadSource, MatrixThatIsNotThere) {
  cells_.write(bad_);
  expect_annotate_refused({"bad.h5ad", "layers/umi"}, {"--counts", "layers/umi"});
  expect_build_refused({"bad.h5ad", "layers/umi"}, {"--counts", "layers/umi"});
}

TEST_F(BadSource, CellsWithoutCountsAreUnknown) {
  sparse::CsrMatrix counts;
  counts.clear(kDistinctTypesGenes);
  for (core::CellIndex cell = 0; cell < cells_.counts.n_cells; ++cell) {
    const sparse::RowView row = cells_.counts.row(cell);
    cell == 5 ? counts.append_row({}, {}) : counts.append_row(row.indices, row.data);
  }
  cells_.counts = counts;
  cells_.write(bad_);
  const Finished done = run_sctab({"annotate", bad_.string(), "-m", trained_.model.string()});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  const std::string csv = contents(folder_.path()).at((folder_ / "bad.sctab.csv").string());
  EXPECT_NE(csv.find("\ncell-5,unknown,unknown,0,1\n"), std::string::npos) << csv;
  EXPECT_EQ(csv.find("unknown", csv.find("unknown,0") + 1), std::string::npos) << csv;
}

}  // namespace
}  // namespace sctab::tests
