#include "sctab/formats/h5ad/utf8.hpp"

#include <gtest/gtest.h>

namespace sctab::h5ad {
namespace {

using namespace std::string_view_literals;

TEST(Utf8, AcceptsEveryLengthOfCharacterAndTheirEnds) {
  for (const auto text :
       {""sv, "T cell"sv, "\x00\x7F"sv, "\xC2\x80 \xDF\xBF"sv, "\xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80 \xEF\xBF\xBF"sv,
        "\xF0\x90\x80\x80 \xF4\x8F\xBF\xBF"sv, "M\xC3\xBCller-Zelle \xCE\xB3\xCE\xB4"sv}) {
    EXPECT_TRUE(is_utf8(text)) << printable(text);
  }
}

TEST(Utf8, RefusesWhatIsNot) {
  for (const auto text : {"M\xFCller"sv, "\x80"sv, "\xC3"sv, "a\xC3z"sv, "\xE2\x82"sv, "\xF0\x9F\x98"sv, "\xC0\xAF"sv,
                          "\xC1\xBF"sv, "\xE0\x9F\xBF"sv, "\xF0\x8F\xBF\xBF"sv, "\xED\xA0\x80"sv, "\xF4\x90\x80\x80"sv,
                          "\xF5\x80\x80\x80"sv, "\xFF"sv}) {
    EXPECT_FALSE(is_utf8(text)) << printable(text);
  }
}

TEST(Utf8, ShowsDamagedTextInPart) {
  EXPECT_EQ(printable("M\xFCller\n"), "M\\xFCller\\x0A");
  EXPECT_EQ(printable(std::string(100, 'a')), std::string(40, 'a'));
}

}  // namespace
}  // namespace sctab::h5ad
