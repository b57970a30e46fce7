#include "sctab/formats/streams/line_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "support/fixtures.hpp"
#include "support/gzip_bytes.hpp"

namespace sctab::streams {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class Lines : public testing::Test {
 protected:
  std::vector<std::string> read(const std::string& content, LineOptions options = {}) const {
    sctab::tests::write_bytes(folder_ / "a", content);
    const auto stream = open_stream(folder_ / "a");
    LineReader reader(*stream, std::move(options));
    std::vector<std::string> lines;
    for (std::string_view line; reader.next(line);) {
      lines.emplace_back(line);
      EXPECT_EQ(reader.line_number(), std::ssize(lines));
    }
    return lines;
  }
  sctab::tests::TemporaryFolder folder_;
};

TEST_F(Lines, EndInAnyOfTheUsualWays) {
  EXPECT_THAT(read(""), IsEmpty());
  EXPECT_THAT(read("\n"), ElementsAre(""));
  EXPECT_THAT(read("a\nb\n"), ElementsAre("a", "b"));
  EXPECT_THAT(read("a\r\n\r\nb"), ElementsAre("a", "", "b"));
  EXPECT_THAT(read("\xEF\xBB\xBFx\r\r\n\ny\r"), ElementsAre("x\r", "", "y"));
  EXPECT_THAT(read(tests::gzip_bytes("a\nb")), ElementsAre("a", "b"));
}

TEST_F(Lines, MayBeLongerThanTheBuffer) {
  const std::string one(1'000'000, 'x'), two(300'000, 'y');
  EXPECT_THAT(read(one + "\n" + two + "\r\n" + one), ElementsAre(one, two, one));
}

TEST_F(Lines, AreRefusedWhereTheyAreTooLong) {
  EXPECT_THAT(read("12345\r\n12345", {.most_bytes = 5}), ElementsAre("12345", "12345"));
  SCTAB_EXPECT_THROW_WITH(read("12345\n123456\n", {.most_bytes = 5}), core::InputError,
                          "a, line 2: is longer than 5 B");
  SCTAB_EXPECT_THROW_WITH(read("\n" + std::string(100, 'x'), {.expected = "a csv", .most_bytes = 5}), core::InputError,
                          "line 2: is longer than 5 B; expected a csv");
}

TEST_F(Lines, AreRefusedWhereTheyAreNoText) {
  SCTAB_EXPECT_THROW_WITH(read("a\nb\0\n"s), core::InputError, "line 2: has a byte 0");
  SCTAB_EXPECT_THROW_WITH(read("\xFF\xFE\x61\0"s, {.expected = "a csv"}), core::InputError,
                          "is UTF-16 text; expected a csv in UTF-8; save it again as UTF-8");
  SCTAB_EXPECT_THROW_WITH(read("\xFE\xFF\0\x61"s), core::InputError, "is UTF-16 text");
}

}  // namespace
}  // namespace sctab::streams
