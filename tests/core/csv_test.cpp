#include "sctab/core/csv.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "support/fixtures.hpp"

namespace sctab::core {
namespace {

TEST(CsvField, IsQuotedWhereItMustBe) {
  EXPECT_EQ(csv_field(""), "");
  EXPECT_EQ(csv_field("T cell"), "T cell");
  EXPECT_EQ(csv_field("CD4-positive, alpha-beta T cell"), "\"CD4-positive, alpha-beta T cell\"");
  EXPECT_EQ(csv_field("a \"donor\""), "\"a \"\"donor\"\"\"");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(csv_field("two\r"), "\"two\r\"");
}

using Row = std::vector<std::string>;
using Rows = std::vector<Row>;

constexpr CsvFormat kBare = {.header = false};

Rows rows_of(const std::string& text, CsvFormat format = kBare) {
  CsvReader reader(text, "a.csv", format);
  Rows rows;
  for (Row row; reader.next(row);) rows.push_back(row);
  return rows;
}

TEST(CsvReader, SplitsFieldsAndLines) {
  EXPECT_EQ(rows_of("a,b\nc,d\n"), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(rows_of("a,b\r\nc,d\r\n"), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(rows_of("a,b\nc,d"), (Rows{{"a", "b"}, {"c", "d"}})) << "the last line end may be missing";
  EXPECT_EQ(rows_of("a,b\nc,d\r"), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(rows_of("a\tb,c\n", {.separator = '\t', .header = false}), (Rows{{"a", "b,c"}}));
  EXPECT_EQ(rows_of(""), Rows{});
}

TEST(CsvReader, KeepsEmptyFieldsAndBlanksAndSkipsBlankLines) {
  EXPECT_EQ(rows_of(",\n"), (Rows{{"", ""}}));
  EXPECT_EQ(rows_of("a,\n,b"), (Rows{{"a", ""}, {"", "b"}}));
  EXPECT_EQ(rows_of("a,b,"), (Rows{{"a", "b", ""}}));
  EXPECT_EQ(rows_of(" a , b\n"), (Rows{{" a ", " b"}}));
  EXPECT_EQ(rows_of("\n\na\n\r\n\"\"\n\n"), (Rows{{"a"}, {""}})) << "quotes make an empty field, not a blank line";
  EXPECT_EQ(rows_of("a\rb\n"), (Rows{{"a\rb"}})) << "a CR alone does not end a line";
}

TEST(CsvReader, UnquotesFields) {
  EXPECT_EQ(rows_of("\"a\",b,\"\"\n"), (Rows{{"a", "b", ""}}));
  EXPECT_EQ(rows_of("\"CD14-low, \"\"CD16\"\" cell\",1\n"), (Rows{{"CD14-low, \"CD16\" cell", "1"}}));
  EXPECT_EQ(rows_of("\"two\nlines\",\"CR\r\nLF\"\r\nb,c\n"), (Rows{{"two\nlines", "CR\r\nLF"}, {"b", "c"}}));
  EXPECT_EQ(rows_of("\"\"\"\"\n"), (Rows{{"\""}}));
  EXPECT_EQ(rows_of("\"a\""), (Rows{{"a"}}));
}

TEST(CsvReader, ReadsWhatCsvFieldWrites) {
  const Row fields = {"", "plain", "a,b", "\"", "\"\"", "a\nb", "a\r\nb", "\r", " x ", "\xC3\xA9"};
  std::string line;
  for (const std::string& field : fields) line += csv_field(field) + ",";
  line.pop_back();
  EXPECT_EQ(rows_of(line + "\n"), Rows{fields});
  EXPECT_EQ(rows_of(line + "\r\n"), Rows{fields});
}

TEST(CsvReader, RefusesBadQuotesWithTheirLine) {
  SCTAB_EXPECT_THROW_WITH(rows_of("a\n\"b\" c\n"), InputError, "a.csv, line 2", "after a closing quote");
  SCTAB_EXPECT_THROW_WITH(rows_of("a\nb\"c\n"), InputError, "a.csv, line 2", "a quote inside a field");
  SCTAB_EXPECT_THROW_WITH(rows_of("a\n\"b\nc\n"), InputError, "a.csv, line 2", "not closed");
  SCTAB_EXPECT_THROW_WITH(rows_of("\""), InputError, "a.csv, line 1", "not closed");
  SCTAB_EXPECT_THROW_WITH(rows_of("\"a\nb\",c\n\"d\"\"\n"), InputError, "a.csv, line 3", "not closed");
  SCTAB_EXPECT_THROW_WITH(rows_of("\"a\nb\"c\n"), InputError, "a.csv, line 2", "after a closing quote");
}

TEST(CsvReader, TakesQuotesAsTheyAreWhereTheFormatHasNone) {
  EXPECT_EQ(rows_of("id\tname\n1\t\"B\" cell\n2\t\"\n", kPlainTsv), (Rows{{"1", "\"B\" cell"}, {"2", "\""}}));
}

TEST(CsvReader, HoldsRowsToTheHeader) {
  CsvReader reader("\nid,name\r\n1,a\r\n\r\n2\r\n", "a.csv", {});
  EXPECT_EQ(reader.header(), (Row{"id", "name"}));
  EXPECT_NO_THROW(reader.require_header({"id", "name"}));
  SCTAB_EXPECT_THROW_WITH(reader.require_header({"id", "label"}), InputError, "a.csv, line 2", "'id,name'",
                          "expected 'id,label'");
  Row row;
  EXPECT_TRUE(reader.next(row));
  EXPECT_EQ(row, (Row{"1", "a"}));
  EXPECT_EQ(reader.line(), 3);
  SCTAB_EXPECT_THROW_WITH(reader.next(row), InputError, "a.csv, line 5", "1 field;", "expected 2", "quote fields");
  SCTAB_EXPECT_THROW_WITH(rows_of("a,b\n1,2,3\n", {}), InputError, "a.csv, line 2", "3 fields;", "expected 2");
  SCTAB_EXPECT_THROW_WITH(rows_of("\n", {}), InputError, "a.csv", "is empty", "a csv with a header");
}

TEST(CsvReader, WithoutAHeaderRowsMayDiffer) {
  EXPECT_EQ(rows_of("a\nb,c\n"), (Rows{{"a"}, {"b", "c"}}));
}

TEST(CsvReader, SkipsComments) {
  const CsvFormat commented = {.header = false, .comments = true};
  EXPECT_EQ(rows_of("# a \"quote\n\n#b\r\nc,#d\n#", commented), (Rows{{"c", "#d"}}));
  EXPECT_EQ(rows_of("#a\n"), (Rows{{"#a"}}));
}

TEST(TsvField, MayNotBreakTheTable) {
  EXPECT_NO_THROW(require_tsv_field("a.tsv", "a \"B\", cell"));
  for (const char* text : {"a\tb", "a\nb", "a\r"}) {
    SCTAB_EXPECT_THROW_WITH(require_tsv_field("a.tsv", text), InputError, "a.tsv", "a tab or a line break", "rename");
  }
}

TEST(CsvTable, IsReadFromAFile) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder / "a.csv") << "\xEF\xBB\xBF\"id\",name\n1,a\n2,b";
  const CsvTable table = read_csv(folder / "a.csv");
  EXPECT_EQ(table.header, (Row{"id", "name"}));
  EXPECT_EQ(table.rows, (Rows{{"1", "a"}, {"2", "b"}}));
  EXPECT_EQ(table.find_column({"none", "name", "id"}), 1U);
  EXPECT_EQ(table.find_column({"none"}), std::nullopt);
  SCTAB_EXPECT_THROW_WITH(read_csv(folder / "none.csv"), InputError, "none.csv", "no such file", "expected a csv");
  std::ofstream(folder / "latin.csv") << "id\nM\xFCller\n";
  SCTAB_EXPECT_THROW_WITH(read_csv(folder / "latin.csv"), InputError, "latin.csv, line 2", "not UTF-8", "\\xFC");
}

}  // namespace
}  // namespace sctab::core
