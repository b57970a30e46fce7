#include "lab/charts/page.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "lab/charts/example_charts.hpp"
#include "lab/charts/markup.hpp"
#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::charts {
namespace {

using tests::count_of;

Page example_page() {
  Page page("Models & <types>", "a page for tests");
  page.add_heading("Models");
  page.add_text("One paragraph.\n\nAnother, where 1 < 2 & 3.");
  page.add_chart(tests::example_bars());
  page.add_chart(tests::example_lines());
  page.add_heading("Cells");
  page.add_chart(tests::example_scatter(300));
  page.add_chart(tests::example_treemap());
  page.add_heading("Errors");
  page.add_chart(tests::example_boxes());
  page.add_chart(tests::example_heat_map());
  page.add_table("Numbers",
                 {{"model", "macro F1", "note"}, {{"tabnet", "0.830 ± 0.012", "a & b"}, {"mlp", "no value", ""}}});
  return page;
}

TEST(Page, IsWellFormedAndWhole) {
  const std::string html = example_page().html();
  const std::size_t style_begin = html.find("<style>"), style_end = html.find("</style>");
  ASSERT_NE(style_end, std::string::npos);
  const std::string without_style = html.substr(0, style_begin) + html.substr(style_end + 8);
  EXPECT_EQ(tests::fault_of_markup(without_style, {"meta"}), "");
  EXPECT_TRUE(html.starts_with("<!DOCTYPE html>"));
  EXPECT_EQ(count_of(html, "<svg xmlns"), 6U);
  EXPECT_EQ(count_of(html, "<details>"), 6U);
  EXPECT_EQ(count_of(html, "<p>"), 2U);
  EXPECT_NE(html.find("<title>Models &amp; &lt;types&gt;</title>"), std::string::npos);
  EXPECT_EQ(html.find("<monocyte>"), std::string::npos);
  EXPECT_EQ(count_of(html, "<a href=\"#part-"), 3U);
}

TEST(Page, LoadsNothingElse) {
  const std::string html = example_page().html();
  EXPECT_EQ(count_of(html, "http"), count_of(html, "http://www.w3.org/2000/svg") + count_of(html, "http-equiv"));
  for (const char* part : {"<script", "<link", "<img", "@import", "url(", "src="}) {
    EXPECT_EQ(html.find(part), std::string::npos) << part;
  }
}

TEST(Page, NumbersAreAlignedRight) {
  Page page("t", "s");
  page.add_table("c", {{"model", "macro F1", "note"}, {{"1", "0.830 ± 0.012", "a"}, {"2", "no value", "3"}}});
  EXPECT_EQ(count_of(page.html(), "class=\"number\""), 3U);
  EXPECT_EQ(count_of(page.html(), "<th scope=\"row\">"), 2U);
}

TEST(Page, ScrollingBoxesCanBeReachedByKeyboard) {
  const std::string html = example_page().html();
  EXPECT_GT(count_of(html, "class=\"wide\""), 2U);
  EXPECT_EQ(count_of(html, "class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\""),
            count_of(html, "class=\"wide\""));
}

TEST(Page, RaggedTablesAreRefused) {
  Page page("t", "s");
  EXPECT_THROW(page.add_table("c", {{"a", "b"}, {{"1"}}}), std::logic_error);
}

TEST(Page, IsWrittenWholeOrNotAtAll) {
  const tests::TemporaryFolder folder;
  const Page page = example_page();
  page.write(folder / "page.html");
  EXPECT_EQ(tests::read_bytes(folder / "page.html"), page.html());
  SCTAB_EXPECT_THROW_WITH(page.write(folder / "absent" / "page.html"), core::InputError, "absent");
}

}  // namespace
}  // namespace sctab::charts
