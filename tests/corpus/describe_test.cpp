#include "sctab/corpus/describe.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sctab/core/staged_output.hpp"
#include "sctab/corpus/build.hpp"
#include "support/fixtures.hpp"
#include "support/h5ad_file.hpp"
#include "support/log_normalised_copy.hpp"
#include "support/small_ontology.hpp"

namespace sctab::corpus {
namespace {

using nlohmann::json;

class DescribeTest : public ::testing::Test {
 protected:
  DescribeTest() {
    tests::H5adFile a = tests::small_file(12, 1, "a"), b = tests::small_file(8, 2, "b");
    for (std::size_t cell = 0; cell < 10; ++cell) a.obs["donor_id"][cell] = "unknown";
    b.set_all("tissue", "lung");
    b.set_all("assay", "10x 5' v1");
    for (auto& type : b.obs["cell_type_ontology_term_id"]) {
      if (type == "CL:0000236") type = "CL:0000624";
    }
    a.write(folder_ / "a.h5ad");
    b.write(folder_ / "b.h5ad");
    core::write_file_atomically(folder_ / "cl.obo", tests::small_obo());
    BuildOptions options;
    options.curation.min_cells = options.curation.min_donors = options.curation.min_ancestors = 0;
    build({folder_ / "a.h5ad", folder_ / "b.h5ad"}, folder_ / "store", options);
    description_ = describe(store::Store::open(folder_ / "store"));
  }
  [[nodiscard]] const json& group(const char* table, const std::string& name) const {
    for (const json& candidate : description_.at(table)) {
      if (candidate.at("name") == name) return candidate;
    }
    throw std::runtime_error("no group " + name);
  }

  tests::TemporaryFolder folder_;
  json description_;
};

TEST_F(DescribeTest, CountsTheWhole) {
  const json& all = description_.at("all");
  EXPECT_EQ(all.at("cells"), 200);
  EXPECT_EQ(all.at("donors"), 19);  // the cells without a donor are of none
  EXPECT_EQ(all.at("types"), 3);
  EXPECT_EQ(all.at("tissues"), 2);
  EXPECT_EQ(all.at("datasets"), 2);
  EXPECT_EQ(all.at("assays"), 2);
  EXPECT_EQ(description_.at("genes"), 25);
  EXPECT_EQ(description_.at("content"), "counts");
  EXPECT_GT(description_.at("bytes"), 0);
}

TEST_F(DescribeTest, CountsSplitsAndTheySumToTheWhole) {
  std::int64_t cells = 0, donors = 0;
  for (const char* split : {"train", "val", "test"}) {
    cells += description_.at("splits").at(split).at("cells").get<std::int64_t>();
    donors += description_.at("splits").at(split).at("donors").get<std::int64_t>();
  }
  EXPECT_EQ(cells, 200);
  EXPECT_EQ(donors, 19);
  EXPECT_EQ(description_.at("splits").at("val").at("donors"), 3);
  EXPECT_EQ(description_.at("splits").at("train").at("types"), 3);
}

TEST_F(DescribeTest, CountsTypesTissuesDatasetsAndAssays) {
  const json& b_cell = group("types", "B cell");
  EXPECT_EQ(b_cell.at("cell_type_ontology_term_id"), "CL:0000236");
  EXPECT_EQ(b_cell.at("cells"), 40);
  EXPECT_EQ(b_cell.at("donors"), 11);
  EXPECT_EQ(b_cell.at("tissues"), 1);
  EXPECT_EQ(b_cell.at("datasets"), 1);
  EXPECT_EQ(group("types", "CD4 T cell").at("tissues"), 2);
  const json& lung = group("tissues", "lung");
  EXPECT_EQ(lung.at("cells"), 80);
  EXPECT_EQ(lung.at("donors"), 8);
  EXPECT_EQ(lung.at("types"), 2);
  const json& by_split = lung.at("cells_by_split");
  EXPECT_EQ(by_split.at("train").get<int>() + by_split.at("val").get<int>() + by_split.at("test").get<int>(), 80);
  EXPECT_EQ(group("datasets", "a").at("cells"), 120);
  EXPECT_EQ(group("assays", "10x 5' v1").at("cells"), 80);
  EXPECT_EQ(description_.at("types").at(0).at("name"), "CD4 T cell");  // most cells first
}

TEST_F(DescribeTest, CountsTheTissuesOfEachType) {
  std::int64_t cells = 0;
  for (const json& type : description_.at("types")) {
    std::int64_t of_type = 0;
    for (const auto& [tissue, n] : type.at("cells_by_tissue").items()) of_type += n.get<std::int64_t>();
    EXPECT_EQ(of_type, type.at("cells")) << type;
    cells += of_type;
  }
  EXPECT_EQ(cells, 200);
  EXPECT_EQ(group("types", "B cell").at("cells_by_tissue"), (json{{"blood", 40}}));
  EXPECT_EQ(group("types", "CD4 T cell").at("cells_by_tissue").size(), 2U);
}

TEST_F(DescribeTest, TheTextShowsTheSame) {
  const std::string text = describe_text(description_);
  for (const char* part : {"200 cells, 19 donors, 3 cell types", "train", "B cell", "lung", "10x 5' v1", "dataset"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
  }
  EXPECT_EQ(text.find("log-normalised"), std::string::npos);
}

TEST_F(DescribeTest, SaysThatValuesAreLogNormalised) {
  const json log = describe(sctab::tests::log_normalised_copy(store::Store::open(folder_ / "store"), folder_ / "log"));
  EXPECT_EQ(log.at("content"), "log_normalised");
  EXPECT_NE(describe_text(log).find("values are log-normalised"), std::string::npos);
}

}  // namespace
}  // namespace sctab::corpus
