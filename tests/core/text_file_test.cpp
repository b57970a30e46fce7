#include "sctab/core/text_file.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::core {
namespace {

using namespace std::string_view_literals;

class TextFile : public testing::Test {
 protected:
  std::string read(const std::string& content, std::uint64_t most_bytes = 1000) const {
    std::ofstream(folder_ / "a.txt", std::ios::binary) << content;
    return read_text_file(folder_ / "a.txt", "a list", most_bytes);
  }
  tests::TemporaryFolder folder_;
};

TEST_F(TextFile, IsReadWhole) {
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("a\r\n\tb\f\xC3\xA9"), "a\r\n\tb\f\xC3\xA9");
  const std::string large(200'000, 'x');
  EXPECT_EQ(read(large, large.size()), large);
}

TEST_F(TextFile, LosesItsByteOrderMark) {
  EXPECT_EQ(read("\xEF\xBB\xBFgenes"), "genes");
  EXPECT_EQ(read("\xEF\xBB\xBF\xEF\xBB\xBF"), "\xEF\xBB\xBF");
}

TEST_F(TextFile, ThatIsNotTextIsRefusedWithItsLine) {
  SCTAB_EXPECT_THROW_WITH(read("a\nM\xFCller"), InputError, "a.txt, line 2", "not UTF-8 text", "\\xFC", "a list");
  SCTAB_EXPECT_THROW_WITH(read(std::string("a\n\nb\0c", 6)), InputError, "a.txt, line 3", "\\x00");
  SCTAB_EXPECT_THROW_WITH(read("\x7F"
                               "ELF\x02\x01"),
                          InputError, "a.txt, line 1", "\\x02");
  SCTAB_EXPECT_THROW_WITH(read("\xFF\xFE"
                               "g"),
                          InputError, "a.txt, line 1", "\\xFF");
  SCTAB_EXPECT_THROW_WITH(read("\x1F\x8B\x08"), InputError, "a.txt", "gzip", "gunzip");
}

TEST_F(TextFile, ThatCannotBeReadIsNamed) {
  SCTAB_EXPECT_THROW_WITH(read_text_file(folder_ / "none.txt", "a list"), InputError, "none.txt: no such file",
                          "expected a list");
  SCTAB_EXPECT_THROW_WITH(read_text_file(folder_.path(), "a list"), InputError, "is a folder");
  SCTAB_EXPECT_THROW_WITH(read("12345", 4), InputError, "a.txt", "is larger than 4 B");
  EXPECT_EQ(read("1234", 4), "1234");
}

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
}  // namespace sctab::core
