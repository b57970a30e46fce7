#include <gtest/gtest.h>

#include "formats/mtx/all_rows.hpp"
#include "formats/mtx/matrix_files.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/formats/mtx/folder.hpp"
#include "support/fixtures.hpp"

namespace sctab::mtx {
namespace {

using sctab::tests::MatrixFiles;
using Order = MatrixFiles::Order;

class MtxDamage : public testing::Test {
 protected:
  sctab::sparse::CsrMatrix read(const MatrixFiles& files) {
    files.write(folder_ / "m");
    return all_rows(Folder(folder_ / "m"));
  }
  /// With another first line.
  sctab::sparse::CsrMatrix read_banner(const std::string& banner) {
    MatrixFiles files;
    files.head.replace(0, files.head.find('\n'), banner);
    return read(files);
  }
  /// With another first entry, on line 4.
  sctab::sparse::CsrMatrix read_entry(const std::string& entry) {
    MatrixFiles files;
    files.entries.front() = entry;
    return read(files);
  }
  sctab::tests::TemporaryFolder folder_;
};

TEST_F(MtxDamage, RefusesOtherKindsOfMatrix) {
  SCTAB_EXPECT_THROW_WITH(read_banner("%%MatrixMarket matrix array real general"), core::InputError,
                          "matrix.mtx, line 1", "'array'", "coordinate integer general");
  SCTAB_EXPECT_THROW_WITH(read_banner("%%MatrixMarket matrix coordinate pattern general"), core::InputError,
                          "'pattern'");
  SCTAB_EXPECT_THROW_WITH(read_banner("%%MatrixMarket matrix coordinate complex general"), core::InputError,
                          "'complex'");
  SCTAB_EXPECT_THROW_WITH(read_banner("%%MatrixMarket matrix coordinate integer symmetric"), core::InputError,
                          "'symmetric'");
  SCTAB_EXPECT_THROW_WITH(read_banner("%%MatrixMarket matrix coordinate integer"), core::InputError,
                          "does not begin as Matrix Market files do");
  SCTAB_EXPECT_THROW_WITH(read_banner("1 1 1"), core::InputError, "line 1", "does not begin");
  EXPECT_EQ(read_banner("%%MatrixMarket matrix coordinate unsigned-integer general").n_cells, 40);
}

TEST_F(MtxDamage, NamesTheLineOfABadEntry) {
  for (const char* entry : {"1 1\n", "1 1 1 1\n", "x 1 1\n", "1 1 x\n", "1 1 1e999\n", "1;1;1\n", "% 1 1\n", "\n",
                            "1 1 0x1\n", "1.0 1 1\n", "1  1\n"}) {
    SCOPED_TRACE(entry);
    SCTAB_EXPECT_THROW_WITH(read_entry(entry), core::InputError, "matrix.mtx, line 4", "row, column and value");
  }
  SCTAB_EXPECT_THROW_WITH(read_entry("0 1 1\n"), core::InputError, "line 4", "row 0", "1 to 30");
  SCTAB_EXPECT_THROW_WITH(read_entry("31 1 1\n"), core::InputError, "line 4", "row 31", "1 to 30");
  SCTAB_EXPECT_THROW_WITH(read_entry("1 41 1\n"), core::InputError, "line 4", "column 41", "1 to 40");
  SCTAB_EXPECT_THROW_WITH(read_entry("1 4294967297 1\n"), core::InputError, "line 4", "column 4294967297");
  SCTAB_EXPECT_THROW_WITH(read_entry("-1 1 1\n"), core::InputError, "line 4", "row -1");
  SCTAB_EXPECT_THROW_WITH(read_entry("1 1 -1\n"), core::InputError, "line 4", "the value -1", "0 or more");
  for (const char* value : {"nan", "inf", "-inf", "1e300"}) {
    SCTAB_EXPECT_THROW_WITH(read_entry(fmt::format("1 1 {}\n", value)), core::InputError, "line 4", value, "finite");
  }
  MatrixFiles last(Order::kByGene);
  last.entries.back() = "1 1 1 1\n";
  SCTAB_EXPECT_THROW_WITH(read(last), core::InputError, fmt::format("line {}", last.entries.size() + 3));
}

TEST_F(MtxDamage, CountsEntries) {
  for (const Order order : {Order::kByCell, Order::kShuffled}) {
    MatrixFiles files(order);
    const std::string entry = files.entries.back();
    files.entries.push_back(entry);
    SCTAB_EXPECT_THROW_WITH(read(files), core::InputError, fmt::format("has {} entries", files.entries.size()),
                            "as its line 3 says");
    files.entries.resize(files.entries.size() - 2);
    SCTAB_EXPECT_THROW_WITH(read(files), core::InputError, fmt::format("has {} entries", files.entries.size()),
                            fmt::format("expected {}", files.entries.size() + 1));
  }
}

TEST_F(MtxDamage, ChecksTheSizes) {
  const auto with_sizes = [](const std::string& sizes) {
    MatrixFiles files;
    files.head = "%%MatrixMarket matrix coordinate integer general\n" + sizes + "\n";
    return files;
  };
  const auto n = MatrixFiles().entries.size();
  SCTAB_EXPECT_THROW_WITH(read(with_sizes(fmt::format("30 41 {}", n))), core::InputError, "line 2", "30 × 41",
                          "30 features in features.tsv × 40 cells in barcodes.tsv");
  SCTAB_EXPECT_THROW_WITH(read(with_sizes("30 40 1201")), core::InputError, "line 2", "1,201 entries", "at most 1200");
  for (const char* sizes : {"30 40", "30 40 -1", "30 40 1 1", "30 40 x", "30 40 99999999999999999999"}) {
    SCTAB_EXPECT_THROW_WITH(read(with_sizes(sizes)), core::InputError, "line 2", "three whole numbers");
  }
  SCTAB_EXPECT_THROW_WITH(read(with_sizes("9223372036854775807 9223372036854775807 9223372036854775807")),
                          core::InputError, "line 2", "belong together");
  MatrixFiles files;
  files.head = "%%MatrixMarket matrix coordinate integer general\n% only comments\n";
  files.entries.clear();
  SCTAB_EXPECT_THROW_WITH(read(files), core::InputError, "ends before it says");
  files.head.clear();
  SCTAB_EXPECT_THROW_WITH(read(files), core::InputError, "does not begin");
  files = MatrixFiles();
  files.barcodes = files.barcodes.substr(0, files.barcodes.rfind("AAAC"));
  SCTAB_EXPECT_THROW_WITH(read(files), core::InputError, "39 cells in barcodes.tsv");
  files = MatrixFiles();
  files.features.clear();
  SCTAB_EXPECT_THROW_WITH(read(files), core::InputError, "0 features in features.tsv");
}

TEST_F(MtxDamage, RefusesEveryCutOffFile) {
  const MatrixFiles files;
  const std::string text = files.matrix(), packed = sctab::tests::gzip_bytes(text);
  files.write(folder_ / "plain");
  files.write(folder_ / "packed", "", true);
  for (std::size_t n = 0; n < text.size(); n += 17) {
    SCOPED_TRACE(n);
    sctab::tests::write_bytes(folder_ / "plain/matrix.mtx", text.substr(0, n));
    EXPECT_THROW((void)all_rows(Folder(folder_ / "plain")), core::InputError);
  }
  // Within the last number: "12" of "123".
  sctab::tests::write_bytes(folder_ / "plain/matrix.mtx", text.substr(0, text.size() - 1));
  SCTAB_EXPECT_THROW_WITH((void)Folder(folder_ / "plain"), core::InputError, "ends within a line");
  for (std::size_t n = 0; n < packed.size(); n += 41) {
    SCOPED_TRACE(n);
    sctab::tests::write_bytes(folder_ / "packed/matrix.mtx.gz", packed.substr(0, n));
    EXPECT_THROW((void)all_rows(Folder(folder_ / "packed")), core::InputError);
  }
  for (const char* name : {"barcodes.tsv.gz", "features.tsv.gz"}) {
    files.write(folder_ / "packed", "", true);
    const std::string whole = sctab::tests::read_bytes(folder_ / "packed" / name);
    sctab::tests::write_bytes(folder_ / "packed" / name, std::string_view(whole).substr(0, whole.size() / 2));
    SCTAB_EXPECT_THROW_WITH((void)Folder(folder_ / "packed"), core::InputError, name, "cut off");
  }
}

TEST_F(MtxDamage, NamesTheFirstEntryOutOfOrderBehindWhatWasLookedAt) {
  MatrixFiles files(Order::kByCell, false, 6000, 600);  // more than 16 MB of text once values are long
  for (std::string& entry : files.entries) entry.insert(entry.size() - 1, ".000000");
  ASSERT_GT(files.matrix().size(), std::size_t{17} << 20);
  std::swap(files.entries.front(), files.entries.back());
  EXPECT_TRUE(same_cells(read(files), files.counts));  // seen at once
  std::swap(files.entries.front(), files.entries.back());
  std::swap(files.entries[files.entries.size() - 700], files.entries.back());
  SCTAB_EXPECT_THROW_WITH(read(files), core::InputError, "matrix.mtx, line ", "in the order of the cells",
                          "sorted by cell");
}

TEST_F(MtxDamage, RefusesBarcodesAndFeaturesThatAreNotText) {
  MatrixFiles files;
  files.barcodes[3] = '\xFF';
  SCTAB_EXPECT_THROW_WITH(read(files), core::InputError, "barcodes.tsv, line 1");
  files = MatrixFiles();
  files.barcodes.insert(files.barcodes.find('\n'), "\tmore");
  SCTAB_EXPECT_THROW_WITH(read(files), core::InputError, "barcodes.tsv, line 2", "1 column");
}

TEST_F(MtxDamage, TakesNoMoreMemoryThanAllowed) {
  const MatrixFiles files(Order::kByCell, false, 3000, 300);
  files.write(folder_ / "m");
  core::set_memory_budget(5'000'000);
  SCTAB_EXPECT_THROW_WITH((void)all_rows(Folder(folder_ / "m"), 3000), core::InputError, "of entries in 3,000 cells");
  EXPECT_NO_THROW((void)all_rows(Folder(folder_ / "m"), 10));
  core::set_memory_budget(0);
}

}  // namespace
}  // namespace sctab::mtx
