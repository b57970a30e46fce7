#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/corpus/build.hpp"
#include "sctab/store/manifest.hpp"
#include "support/fixtures.hpp"
#include "support/h5ad_file.hpp"
#include "support/small_ontology.hpp"

namespace sctab::corpus {
namespace {

namespace fs = std::filesystem;
using core::InputError;
using tests::H5adFile;

// Every test: one line that says what is wrong, no output, and the earlier store as it was.
class BadInputTest : public ::testing::Test {
 protected:
  BadInputTest() {
    core::write_file_atomically(folder_ / "cl.obo", tests::small_obo());
    options_.curation.min_cells = options_.curation.min_donors = options_.curation.min_ancestors = 0;
    fs::create_directory(folder_ / "store");
    store::write_manifest(folder_ / "store", {});
    earlier_ = tests::read_bytes(manifest_);
    options_.overwrite = true;
  }
  ~BadInputTest() override {
    EXPECT_EQ(tests::read_bytes(manifest_), earlier_);
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      EXPECT_NE(entry.path().filename().string().front(), '.') << "left behind: " << entry.path();
    }
  }

  [[nodiscard]] fs::path source() const { return folder_ / "a.h5ad"; }
  void write() { file_.write(source()); }
  // The message of the InputError that the build ends with.
  [[nodiscard]] std::string refusal() const { return refusal({source()}, folder_ / "store"); }
  [[nodiscard]] std::string refusal(const std::vector<fs::path>& sources, const fs::path& store) const {
    try {
      build(sources, store, options_);
    } catch (const InputError& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "the build did not fail";
    return {};
  }

  tests::TemporaryFolder folder_;
  fs::path manifest_ = folder_ / "store" / "store.json";
  std::string earlier_;  // the manifest of the store that is there
  BuildOptions options_;
  H5adFile file_ = tests::small_file(6, 1);
};

#define EXPECT_SAYS(message, ...)                                                          \
  do {                                                                                     \
    const std::string said = message;                                                      \
    for (const std::string& part : std::initializer_list<std::string>{__VA_ARGS__}) {      \
      EXPECT_NE(said.find(part), std::string::npos) << "no '" << part << "' in: " << said; \
    }                                                                                      \
  } while (false)

TEST_F(BadInputTest, NoSuchFile) {
  EXPECT_SAYS(refusal(), source().string());
}

TEST_F(BadInputTest, NotHdf5) {
  core::write_file_atomically(source(), "cell,gene\n1,2\n");
  EXPECT_SAYS(refusal(), source().string(), "HDF5");
}

TEST_F(BadInputTest, Truncated) {
  write();
  fs::resize_file(source(), fs::file_size(source()) / 2);
  EXPECT_SAYS(refusal(), source().string());
}

TEST_F(BadInputTest, LogNormalisedWithoutCounts) {
  for (float& value : file_.counts.data) value = std::log1p(value * 1.7F);
  write();
  EXPECT_SAYS(refusal(), source().string(), "X", "--counts");
}

TEST_F(BadInputTest, NegativeNanAndInfiniteCountsNameTheCell) {
  for (const float bad : {-1.0F, std::nanf(""), std::numeric_limits<float>::infinity()}) {
    H5adFile file = file_;
    file.counts.data[static_cast<std::size_t>(file.counts.indptr[37])] = bad;
    file.write(source());
    for (const char* named : {"", "X"}) {
      options_.counts = named;
      EXPECT_SAYS(refusal(), source().string(), "X", "cell 37");
    }
  }
}

TEST_F(BadInputTest, FewGenesFound) {
  std::string list;
  for (const auto& gene : tests::gene_ids(30, 24)) list += gene + "\n";
  core::write_file_atomically(folder_ / "genes.csv", list);
  options_.genes = folder_ / "genes.csv";
  write();
  EXPECT_SAYS(refusal(), source().string(), "2 of the 30 genes", "Ensembl human ids");
}

TEST_F(BadInputTest, RepeatedGeneInTheList) {
  core::write_file_atomically(folder_ / "genes.csv", "ENSG00000000001\nENSG00000000001\n");
  options_.genes = folder_ / "genes.csv";
  write();
  EXPECT_SAYS(refusal(), "genes.csv", "line 2", "ENSG00000000001");
}

TEST_F(BadInputTest, LabelsThatAreNoTermsNameFileCellAndValue) {
  const std::vector<std::pair<std::string, std::string>> cases = {{"T cell", "is not a Cell Ontology id"},
                                                                  {"UBERON:0000955", "is not a Cell Ontology id"},
                                                                  {"CL:0000998", "is obsolete in small/1"},
                                                                  {"CL:7777777", "is not in small/1"}};
  for (const auto& [label, why] : cases) {
    H5adFile file = file_;
    file.obs["cell_type_ontology_term_id"][41] = label;
    file.write(source());
    EXPECT_SAYS(refusal(), source().string(), "cell 41", "'" + label + "'", why, "--cell-type-key");
  }
}

TEST_F(BadInputTest, MissingColumnsNameTheOptionAndTheColumnsThereAre) {
  const auto expect = [&](const char* column, const char* option) {
    H5adFile file = file_;
    file.obs.erase(column);
    file.write(source());
    EXPECT_SAYS(refusal(), source().string(), column, option, "assay", "tissue");
  };
  expect("donor_id", "--donor-key");
  expect("cell_type_ontology_term_id", "--cell-type-key");
  file_.primary.clear();
  write();
  EXPECT_SAYS(refusal(), source().string(), "is_primary_data", "--assume-primary", "assay");
  options_.dataset_key = "batch";
  EXPECT_SAYS(refusal(), source().string(), "'batch'", "--dataset-key");
  options_.donor_key = ",";
  EXPECT_SAYS(refusal(), "--donor-key");
}

TEST_F(BadInputTest, OneDonorOnly) {
  file_.set_all("donor_id", "anna");
  write();
  EXPECT_SAYS(refusal(), "one donor", "--donor-key");
}

TEST_F(BadInputTest, FewerTypesThanTwo) {
  options_.curation.min_cells = 21;
  write();
  EXPECT_SAYS(refusal(), "leaves 0 types", "--min-cells 20", "60");
  options_.curation.min_cells = 0;
  file_.set_all("assay", "inDrop");
  write();
  EXPECT_SAYS(refusal(), "leaves 0 types", "'assay is 10x' (see --any-assay) removed 60 cells");
}

TEST_F(BadInputTest, TheSameFileTwice) {
  write();
  fs::create_symlink(source(), folder_ / "b.h5ad");
  EXPECT_SAYS(refusal({source(), folder_ / "b.h5ad"}, folder_ / "store"), "b.h5ad", "twice");
  EXPECT_SAYS(refusal({}, folder_ / "store"), "no sources");
}

TEST_F(BadInputTest, NoOntology) {
  write();
  fs::remove(folder_ / "cl.obo");
  ::unsetenv("SCTAB_ONTOLOGY");
  EXPECT_SAYS(refusal(), "--ontology", "SCTAB_ONTOLOGY");
  options_.ontology = folder_ / "missing.obo";
  EXPECT_SAYS(refusal(), "missing.obo");
}

TEST_F(BadInputTest, OutputsThatCannotBeWritten) {
  write();
  EXPECT_SAYS(refusal({source()}, folder_ / "absent" / "store"), "absent");
  fs::create_directory(folder_ / "photos");
  core::write_file_atomically(folder_ / "photos" / "cat.jpg", "a cat");
  EXPECT_SAYS(refusal({source()}, folder_ / "photos"), "photos");
  EXPECT_SAYS(refusal({source()}, folder_ / "cl.obo"), "cl.obo");
  EXPECT_TRUE(fs::exists(folder_ / "photos" / "cat.jpg"));
  if (::geteuid() == 0) return;  // root may write anywhere
  fs::create_directory(folder_ / "locked");
  fs::permissions(folder_ / "locked", fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_SAYS(refusal({source()}, folder_ / "locked" / "store"), "locked");
}

TEST_F(BadInputTest, OptionsOutOfRange) {
  write();
  options_.memory_bytes = 1000;
  EXPECT_SAYS(refusal(), "--memory: 1.0 kB", "at least 500.0 MB");
}

TEST_F(BadInputTest, AnInterruptLeavesNothing) {
  write();
  core::set_interrupted(true);
  EXPECT_THROW(build({source()}, folder_ / "store", options_), core::Interrupted);
  core::set_interrupted(false);
}

}  // namespace
}  // namespace sctab::corpus
