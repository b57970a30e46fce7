#include "sctab/formats/name_tables.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::formats {
namespace {

using core::InputError;

LabelTable labels(const std::string& text) {
  const sctab::tests::TemporaryFolder folder;
  std::ofstream(folder / "cell_type.csv") << text;
  return read_label_table(folder / "cell_type.csv");
}

TEST(LabelTable, HasLabelsAndTheirIds) {
  const LabelTable lookup = labels("\xEF\xBB\xBF,label\r\n0,B cell\r\n1,\"CD14-low, \"\"CD16\"\" monocyte\"\r\n");
  EXPECT_EQ(lookup.labels, (std::vector<std::string>{"B cell", "CD14-low, \"CD16\" monocyte"}));
  EXPECT_TRUE(lookup.ids.empty());
  const LabelTable with_ids = labels("cell_type,cell_type_ontology_term_id,n\nB cell,CL:0000236,3\nT cell,,4");
  EXPECT_EQ(with_ids.labels, (std::vector<std::string>{"B cell", "T cell"}));
  EXPECT_EQ(with_ids.ids, (std::vector<std::string>{"CL:0000236", ""}));
}

TEST(LabelTable, DamageIsNamed) {
  const auto expect_refused = [](const std::string& text, const char* what) {
    SCTAB_EXPECT_THROW_WITH(labels(text), InputError, "cell_type.csv", what);
  };
  expect_refused("", "is empty");
  expect_refused("label\n", "has no rows");
  expect_refused("name,id\nB cell,1\n", "has the columns name, id; expected one named label");
  expect_refused(",label\n1,B cell\n0,T cell\n", "row 0 (counted from 0): the index \"1\"; expected 0");
  expect_refused("label\nB cell\nB cell\n", "row 1 (counted from 0): the label \"B cell\" again");
  expect_refused("label,n\nB cell,1\nT cell\n", "line 3: 1 field; expected 2");
  expect_refused("label\n\"B cell\n", "a quote is not closed");
  expect_refused("label\n\"B\" cell\n", "line 2: text after a closing quote");
  expect_refused("label,n\n\"two\nlines\",1\n", "row 0 (counted from 0): the label");
  expect_refused("PAR1....", "Parquet");
}

}  // namespace
}  // namespace sctab::formats
