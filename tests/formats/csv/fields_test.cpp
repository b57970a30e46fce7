#include "sctab/formats/csv/fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sctab::csv {
namespace {

using testing::ElementsAre;

TEST(CsvFields, AreBetweenSeparators) {
  EXPECT_THAT(fields_of("a,b,,c", Separator::kComma), ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(fields_of(",", Separator::kComma), ElementsAre("", ""));
  EXPECT_THAT(fields_of("", Separator::kComma), ElementsAre(""));
  EXPECT_THAT(fields_of("a b\tc,d", Separator::kTab), ElementsAre("a b", "c,d"));
  EXPECT_THAT(fields_of("a; b ;c", Separator::kSemicolon), ElementsAre("a", "b", "c"));
  EXPECT_THAT(fields_of("  a \t b   c  ", Separator::kBlanks), ElementsAre("a", "b", "c"));
}

TEST(CsvFields, MayBeQuoted) {
  EXPECT_THAT(fields_of(R"("a,b","c ""d""","",e"f)", Separator::kComma), ElementsAre("a,b", R"(c "d")", "", R"(e"f)"));
  EXPECT_THAT(fields_of(R"("a b" "c")", Separator::kBlanks), ElementsAre("a b", "c"));
  std::string_view problem;
  (void)fields_of(R"(a,"b)", Separator::kComma, &problem);
  EXPECT_EQ(problem, "a quote is not closed on its line");
  (void)fields_of(R"("a"b,c)", Separator::kComma, &problem);
  EXPECT_EQ(problem, "text after a closing quote");
  EXPECT_EQ(count_fields(R"("a"b,c)", Separator::kComma), 0);
  EXPECT_EQ(count_fields("a,b,", Separator::kComma), 3);
}

TEST(CsvFields, HoldNumbersTextOrNothing) {
  for (const char* text : {"0", "12", "-1.5e-3", "+2", ".5", "1e999"})
    EXPECT_EQ(kind_of(text), FieldKind::kNumber) << text;
  for (const char* text : {"", "NA", "nan", "-inf", "Infinity", "None"})
    EXPECT_EQ(kind_of(text), FieldKind::kMissing) << text;
  for (const char* text : {"0,5", "1,234", "1.234,5"}) EXPECT_EQ(kind_of(text), FieldKind::kOddNumber) << text;
  for (const char* text : {"T cell", "1-2", "#VALUE!", "e", "1/2", "AAAC-1"})
    EXPECT_EQ(kind_of(text), FieldKind::kText) << text;
}

}  // namespace
}  // namespace sctab::csv
