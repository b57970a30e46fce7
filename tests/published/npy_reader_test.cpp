#include "sctab/published/npy_reader.hpp"

#include <gtest/gtest.h>

#include "published/parquet_store_files.hpp"
#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::published::tests {
namespace {

using core::InputError;
using sctab::tests::read_bytes;
using sctab::tests::write_bytes;
using sctab::tests::write_npy;

class NpyFiles : public testing::Test {
 protected:
  /// The header of a file of some numbers, with `from` replaced.
  void write_changed(const std::string& from, const std::string& to) {
    write_npy(file_, {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
    std::string bytes = read_bytes(file_);
    ASSERT_NE(bytes.find(from), std::string::npos);
    bytes.replace(bytes.find(from), from.size(), to);
    write_bytes(file_, bytes);
  }
  void expect_refused(const char* what) const {
    SCTAB_EXPECT_THROW_WITH(const NpyReader file(file_), InputError, "a.npy", what, "numpy.save()");
  }
  sctab::tests::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "a.npy";
};

TEST_F(NpyFiles, AreReadRowByRow) {
  write_npy(file_, {2, 3}, std::vector<float>{1, 2, 3, 4, -5, 0.5F});
  NpyReader file(file_);
  EXPECT_EQ(file.shape(), (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(file.shape_text(), "2 × 3");
  std::vector<double> row(3);
  file.read(row);
  EXPECT_EQ(row, (std::vector<double>{1, 2, 3}));
  file.read(row);
  EXPECT_EQ(row, (std::vector<double>{4, -5, 0.5}));
  SCTAB_EXPECT_THROW_WITH(file.read(row), InputError, "a.npy", "cannot be read to its end");
}

TEST_F(NpyFiles, OfOneDimensionAndOtherNumbers) {
  write_npy(file_, {4}, std::vector<double>{1, 1e-300, 3, 4});
  EXPECT_EQ(NpyReader(file_).shape(), (std::vector<std::int64_t>{4}));
  write_changed("'<f4'", "'<i4'");
  std::vector<double> all(6);
  NpyReader(file_).read(all);
  EXPECT_EQ(all[0], 1065353216) << "the bits of 1";
}

TEST_F(NpyFiles, ThatAreDamagedOrOfAnotherKindAreNamed) {
  SCTAB_EXPECT_THROW_WITH(NpyReader(folder_ / "none.npy"), InputError, "none.npy", "no such file");
  write_bytes(file_, "");
  expect_refused("is no NumPy file");
  write_changed("NUMPY", "NUMPI");
  expect_refused("is no NumPy file");
  write_changed("'<f4'", "'|O' ");
  expect_refused("which are not read");
  write_changed("'<f4'", "'>f4'");
  expect_refused("which are not read");
  write_changed("False", "True ");
  expect_refused("column by column");
  write_changed("(2, 3)", "(2, x)");
  expect_refused("its header is damaged");
  write_changed("(2, 3)", "(3, 3)");
  expect_refused("damaged or cut short");
  write_changed("'descr'", "'other'");
  expect_refused("its header is damaged");
  write_changed("(2, 3), }" + std::string(19, ' '), "(9999999999, 99999999999), }");
  expect_refused("its header is damaged");
}

}  // namespace
}  // namespace sctab::published::tests
