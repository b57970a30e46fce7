#include "sctab/augment/check.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "augment/donor_store.hpp"
#include "lab/charts/map_page.hpp"
#include "sctab/augment/make_vectors.hpp"
#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::augment {
namespace {

class Check : public testing::Test {
 protected:
  sctab::tests::TemporaryFolder folder_;
  store::Store store_ =
      tests::make_donor_store(folder_ / "store", {.cells_per_group = 60, .first_donor_unknown = true});
  sparse::CsrMatrix vectors_ = make_vectors(store_).vectors.values;
};

TEST_F(Check, AugmentedCellsTellLessOfTheirDonor) {
  const CheckResult result = check_vectors(store_, vectors_.view());
  EXPECT_EQ(result.n_cells, 900);
  EXPECT_EQ(result.cells_without_donor, 180);
  EXPECT_TRUE(result.augmented.donor.of_total < result.raw.donor.of_total);
  EXPECT_TRUE(result.augmented.donor.gene_mean < result.raw.donor.gene_mean);
  EXPECT_TRUE(result.augmented.cell_type.of_total > 0.5 * result.raw.cell_type.of_total);
  EXPECT_TRUE(result.raw.both.of_total > result.raw.cell_type.of_total);
  EXPECT_TRUE(result.map.empty());
}

TEST_F(Check, VectorsOfZeroChangeNothing) {
  sparse::CsrMatrix zero;
  zero.clear(90);
  zero.append_row({}, {});
  const CheckResult result = check_vectors(store_, zero.view(), {.map_cells = 50});
  EXPECT_EQ(result.raw.cell_type.of_total, result.augmented.cell_type.of_total);
  EXPECT_EQ(result.raw.donor.gene_mean, result.augmented.donor.gene_mean);
  ASSERT_EQ(result.map.size(), 100U);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(result.map[i].cell, result.map[i + 50].cell);
    EXPECT_TRUE(!result.map[i].augmented && result.map[i + 50].augmented);
    EXPECT_EQ(result.map[i].pc1, result.map[i + 50].pc1);
    EXPECT_EQ(result.map[i].pc2, result.map[i + 50].pc2);
  }
}

TEST_F(Check, IsTheSameForAnyNumberOfThreads) {
  const CheckResult one = check_vectors(store_, vectors_.view(), {.map_cells = 30, .threads = 1});
  const CheckResult four = check_vectors(store_, vectors_.view(), {.map_cells = 30, .threads = 4});
  EXPECT_EQ(to_json(one), to_json(four));
  for (std::size_t i = 0; i < one.map.size(); ++i) EXPECT_EQ(one.map[i].pc2, four.map[i].pc2);
}

TEST_F(Check, WritesTheMapAsCsv) {
  const CheckResult result = check_vectors(store_, vectors_.view(), {.map_cells = 10});
  write_map(folder_ / "map.csv", result, store_);
  std::ifstream file(folder_ / "map.csv");
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(line, "cell,dataset,source_row,cell_type,cell_type_ontology_term_id,donor,state,pc1,pc2");
  int n_raw = 0, n_augmented = 0;
  const store::ObsTable obs = store_.obs(store::Split::kTrain);
  for (std::size_t i = 0; std::getline(file, line); ++i) {
    const auto cell = static_cast<std::size_t>(result.map.at(i).cell);
    const std::string start = std::to_string(cell) + ",only," + std::to_string(obs.source_row[cell]) + ",type ";
    EXPECT_TRUE(line.starts_with(start)) << line << "\n" << start;
    n_raw += line.find(",raw,") != std::string::npos ? 1 : 0;
    n_augmented += line.find(",augmented,") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(n_raw, 10);
  EXPECT_EQ(n_augmented, 10);
  SCTAB_EXPECT_THROW_WITH(check_vectors(store_, vectors_.view(), {.map_cells = -1}), core::InputError, "map");
}

TEST_F(Check, DrawsTheMapAsAPage) {
  const CheckResult result = check_vectors(store_, vectors_.view(), {.map_cells = 10});
  const std::string html = charts::map_page(result, store_).html();
  const auto first = static_cast<std::size_t>(result.map.front().cell);
  const store::ObsTable obs = store_.obs(store::Split::kTrain);
  const std::string donor =
      store_.tables().column(store::Field::kDonor)[static_cast<std::size_t>(obs.column(store::Field::kDonor)[first])];
  for (const std::string& part : std::vector<std::string>{
           "Raw cells by cell type", "Augmented cells by cell type", "Raw cells by donor", "Augmented cells by donor",
           "store: 900 training cells compared, 10 drawn", "type 1", donor, "cell type and donor"}) {
    EXPECT_NE(html.find(part), std::string::npos) << part;
  }
  const CheckResult without = check_vectors(store_, vectors_.view());
  EXPECT_NE(charts::map_page(without, store_).html().find("0 drawn"), std::string::npos);
}

TEST_F(Check, ThePageDrawsEachCellOnceAPictureAndLeavesNoneOut) {
  const store::Store store = tests::make_donor_store(folder_ / "many", {.n_donors = 20, .cells_per_group = 2});
  CheckResult result = check_vectors(store, vectors_.view(), {.map_cells = 100});
  const std::string html = charts::map_page(result, store).html();
  std::size_t n_points = 0;
  for (std::size_t at = html.find("<title>"); at != std::string::npos; at = html.find("<title>", at + 1)) {
    const std::string tip = html.substr(at + 7, html.find('<', at + 7) - at - 7);
    n_points += tip.starts_with("donor ") ? 1 : 0;
  }
  EXPECT_EQ(n_points, 200U) << "raw and augmented, of more donors than there are colours";
  EXPECT_NE(html.find("all others"), std::string::npos);
}

}  // namespace
}  // namespace sctab::augment
