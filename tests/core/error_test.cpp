#include "sctab/core/error.hpp"

#include <gtest/gtest.h>

#include <string>

#include "sctab/core/staged_output.hpp"
#include "sctab/core/text_file.hpp"
#include "support/fixtures.hpp"

namespace sctab::core {
namespace {

TEST(Problem, IsOneLineFromTheOutsideIn) {
  EXPECT_EQ(format({.file = "a.h5ad",
                    .matrix = "X",
                    .cell = "AAAC",
                    .gene = "ENSG1",
                    .found = "a negative value, -1",
                    .expected = "raw counts of 0 or more",
                    .next_step = "name another matrix with --counts"}),
            "a.h5ad: X: cell AAAC: gene ENSG1: a negative value, -1; expected raw counts of 0 or more; "
            "name another matrix with --counts");
}

TEST(Problem, LeavesOutWhatIsNotGiven) {
  EXPECT_EQ(format({.subject = "--batch-size", .found = "0", .expected = "at least 1"}),
            "--batch-size: 0; expected at least 1");
  EXPECT_EQ(format({.file = "r.toml", .line = 7, .key = "[corpus] seed", .expected = "a whole number"}),
            "r.toml, line 7: [corpus] seed: expected a whole number");
  EXPECT_EQ(format({.found = "no cells", .next_step = "give another file"}), "no cells; give another file");
  EXPECT_EQ(format({}), "");
}

TEST(Problem, NeverBreaksTheLine) {
  EXPECT_EQ(format({.file = "a\nb", .found = "c\r\nd"}), "a b: c  d");
}

TEST(Problem, ShowsControlCharactersAndBytesThatAreNoText) {
  EXPECT_EQ(format({.file = "a\tb", .found = "\x1B[2J\x7F\xFF\xC3\xA9"}), "a b: \\x1B[2J\\x7F\\xFF\xC3\xA9");
}

TEST(Problem, LongTextsGiveWayTheLongestFirst) {
  const std::string accents = [] {
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += "\xC3\xA9";
    return text;
  }();
  const std::string text =
      format({.file = "pbmc.h5ad", .gene = accents, .found = std::string(100'000, 'x'), .expected = "a name"});
  EXPECT_LE(text.size(), 350U);
  EXPECT_TRUE(is_utf8(text));
  EXPECT_TRUE(text.starts_with("pbmc.h5ad: gene \xC3\xA9")) << text;
  EXPECT_TRUE(text.ends_with("xxx...; expected a name")) << text;
  const std::string path(250, 'p');
  EXPECT_TRUE(format({.file = path, .found = "no such file"}).starts_with(path));
}

TEST(InputError, KeepsItsFields) {
  const InputError error({.file = "a.h5ad", .line = 3, .found = "x"});
  EXPECT_EQ(error.problem().file, "a.h5ad");
  EXPECT_EQ(error.problem().line, 3);
  EXPECT_STREQ(error.what(), "a.h5ad, line 3: x");
}

TEST(InputError, ACallerAddsThePlaceItKnows) {
  const InputError inner({.key = "n_d", .found = "0", .expected = "1 to 100"});
  const InputError outer = inner.within({.file = "config.json", .key = "architecture", .next_step = "train again"});
  EXPECT_STREQ(outer.what(), "config.json: n_d: 0; expected 1 to 100; train again");
  EXPECT_EQ(outer.within({.file = "other.json"}).problem().file, "config.json");
}

TEST(InputError, NamesTheTargetOfAStagedFile) {
  const tests::TemporaryFolder folder;
  const StagedOutput out(folder / "a.sctab.h5ad");
  const InputError error({.file = (out.path() / "train-00000.h5ad").string(), .found = "the disk is full"});
  EXPECT_EQ(error.problem().file, (folder / "a.sctab.h5ad/train-00000.h5ad").string());
  EXPECT_EQ(std::string(error.what()).find(".tmp"), std::string::npos);
}

}  // namespace
}  // namespace sctab::core
