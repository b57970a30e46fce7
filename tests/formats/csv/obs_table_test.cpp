#include "sctab/formats/csv/obs_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sctab/core/error.hpp"
#include "sctab/formats/csv/table_source.hpp"
#include "sctab/formats/with_obs.hpp"
#include "support/fixtures.hpp"
#include "support/gzip_bytes.hpp"

namespace sctab::csv {
namespace {

using testing::ElementsAre;

class LabelTable : public testing::Test {
 protected:
  ObsTable open(const std::string& content) const {
    tests::write_bytes(folder_ / "labels.tsv", content);
    return ObsTable(folder_ / "labels.tsv");
  }
  void expect_refused(const std::string& content, const std::string& part) const {
    SCTAB_EXPECT_THROW_WITH(open(content), core::InputError, "labels.tsv", part);
  }
  tests::TemporaryFolder folder_;
};

TEST_F(LabelTable, IsJoinedByTheNamesOfCells) {
  for (const std::string content : {"cell,type,age\nc2,\"T, naive\",30\nc1,,40\nc3,B,50\n",
                                    "type\tage\nc2\tT, naive\t30\nc1\tNA\t40\n\nc3\tB\t50"}) {
    for (const ObsTable& table : {open(content), open(tests::gzip_bytes(content))}) {
      EXPECT_EQ(table.n_rows(), 3);
      EXPECT_THAT(table.columns(), ElementsAre("type", "age"));
      const auto rows = table.rows_of({"c1", "c2"}, "a.csv");
      EXPECT_THAT(rows, ElementsAre(1, 0));
      const std::vector<formats::Column> columns = table.columns_of(rows);
      ASSERT_EQ(columns.size(), 2);
      const auto& type = std::get<formats::Categorical>(columns[0].values);
      EXPECT_EQ(type.codes[0], -1);
      EXPECT_EQ(type.value(1), "T, naive");
      EXPECT_THAT(type.categories, ElementsAre("T, naive"));
      EXPECT_EQ(std::get<formats::Integers>(columns[1].values), (formats::Integers{40, 30}));
    }
  }
}

TEST_F(LabelTable, NamesCellsThatDoNotMatch) {
  const ObsTable table = open("cell,type\nc1,T\nc2,B\n");
  SCTAB_EXPECT_THROW_WITH((void)table.rows_of({"c1", "c4", "c5"}, "a.csv"), core::InputError,
                          "a.csv: cell c4: 2 of its 3 cells have no row in", "labels.tsv");
  SCTAB_EXPECT_THROW_WITH((void)table.rows_of({"c1", "c1"}, "a.csv"), core::InputError,
                          "a.csv: cell c1: is there twice");
}

TEST_F(LabelTable, IsRefusedWhereItIsDamaged) {
  expect_refused("", "has no rows");
  expect_refused("cell,type\n", "has no rows");
  expect_refused("cell\nc1\n", "line 2: 1 field; expected as many fields as titles");
  expect_refused("cell,type\nc1,T\nc2\n", "line 3: 1 field; expected 2");
  expect_refused("cell,type\nc1,T\nc1,B\n", "line 3: cell c1: has two rows");
  expect_refused("cell,type,type\nc1,T,B\n", "has two columns 'type'");
  expect_refused("cell,,type\nc1,T,B\n", "has a column without a title");
  expect_refused("cell,type\nc1,\"T\nc2,B\n", "line 2: a quote is not closed");
  expect_refused("cell,type\nc1,T\nc2,\"B\n", "line 3: a quote is not closed");
  expect_refused("cell,type\nc1,T\xE9\n", "line 2: is not UTF-8");
  const std::string packed = tests::gzip_bytes("cell,type\nc1,T\nc2,B\n");
  expect_refused(packed.substr(0, packed.size() - 5), "is cut off within its gzip stream");
}

TEST_F(LabelTable, AddsColumnsToASource) {
  tests::write_bytes(folder_ / "a.csv", "cell,CD3D,LYZ,batch\nc1,1,0,x\nc2,0,2,y\n");
  auto source = std::make_unique<TableSource>(folder_ / "a.csv");
  const ObsTable table = open("cell,batch,type\nc2,2,B\nc1,1,T\n");
  auto columns = table.columns_of(table.rows_of(source->obs_names(), source->path()));
  const auto joined = formats::with_obs(std::move(source), std::move(columns));
  EXPECT_THAT(joined->obs_columns(), ElementsAre("batch", "type"));
  EXPECT_EQ(joined->obs_as_text("batch").value(0), "1");
  EXPECT_EQ(joined->obs_as_text("type").value(1), "B");
  EXPECT_TRUE(joined->has_obs("type"));
  EXPECT_EQ(joined->n_cells(), 2);
  EXPECT_THAT(joined->gene_names("X"), ElementsAre("CD3D", "LYZ"));
  SCTAB_EXPECT_THROW_WITH((void)joined->obs("none"), core::InputError, "none");
}

}  // namespace
}  // namespace sctab::csv
