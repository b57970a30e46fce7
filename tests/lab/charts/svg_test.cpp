#include "lab/charts/svg.hpp"

#include <gtest/gtest.h>

#include "lab/charts/markup.hpp"

namespace sctab::charts {
namespace {

TEST(Svg, TextsAreEscapedEverywhere) {
  EXPECT_EQ(escape("a<b> & \"c\" 'd'"), "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
  EXPECT_EQ(escape(std::string("x\0y\x01\x7Fz\n", 7)), "xyz\n");
  EXPECT_EQ(escape("γδ T"), "γδ T");
  const std::string nasty = "CD4<CD8 & \"x\"";
  Svg svg(10, 10, nasty);
  svg.text({1, 1}, nasty, {.tip = nasty});
  svg.rect({0, 0, 1, 1}, {.fill = "red", .tip = nasty});
  for (std::size_t n = 0; n < 7; ++n) svg.marker(n, {1, 1}, 2, {.tip = nasty});
  EXPECT_EQ(tests::fault_of_markup(svg.str()), "");
  EXPECT_EQ(tests::count_of(svg.str(), "CD4&lt;CD8 &amp; &quot;x&quot;"), 11U);
}

TEST(Svg, MarkersDiffer) {
  std::vector<std::string> shapes;
  for (std::size_t n = 0; n < 6; ++n) {
    Svg svg(10, 10, "");
    svg.marker(n, {5, 5}, 4, {});
    for (const auto& other : shapes) EXPECT_NE(svg.str(), other);
    shapes.push_back(svg.str());
  }
}

TEST(Svg, LongTextsAreShortenedAndWrappedByCharacters) {
  EXPECT_EQ(shortened("αβγδ", 4), "αβγδ");
  EXPECT_EQ(shortened("αβγδε", 4), "αβγ…");
  EXPECT_DOUBLE_EQ(text_width("αβγδ", 10), text_width("abcd", 10));
  const std::vector<std::string> lines = wrapped("CD8-positive, alpha-beta T cell", 10, 90);
  EXPECT_EQ(lines, (std::vector<std::string>{"CD8-positive,", "alpha-beta T", "cell"}));
  EXPECT_EQ(wrapped("averyverylongword", 10, 20).size(), 1U);
}

}  // namespace
}  // namespace sctab::charts
