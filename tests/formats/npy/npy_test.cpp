#include "sctab/formats/npy/npy.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "formats/npy/npy_file.hpp"
#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::npy::tests {
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
    SCTAB_EXPECT_THROW_WITH(const Reader file(file_), InputError, "a.npy", what, "numpy.save()");
  }
  sctab::tests::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "a.npy";
};

TEST_F(NpyFiles, AreReadRowByRow) {
  write_npy(file_, {2, 3}, std::vector<float>{1, 2, 3, 4, -5, 0.5F});
  Reader file(file_);
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
  EXPECT_EQ(Reader(file_).shape(), (std::vector<std::int64_t>{4}));
  write_changed("'<f4'", "'<i4'");
  std::vector<double> all(6);
  Reader(file_).read(all);
  EXPECT_EQ(all[0], 1065353216) << "the bits of 1";
}

TEST_F(NpyFiles, ThatAreDamagedOrOfAnotherKindAreNamed) {
  SCTAB_EXPECT_THROW_WITH(Reader(folder_ / "none.npy"), InputError, "none.npy", "no such file");
  write_bytes(file_, "");
  expect_refused("is not a NumPy file");
  write_changed("NUMPY", "NUMPI");
  expect_refused("is not a NumPy file");
  write_changed("'<f4'", "'|O' ");
  expect_refused("unsupported type");
  write_changed("'<f4'", "'>f4'");
  expect_refused("unsupported type");
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

TEST(NpyWriter, HasTheHeaderThatNumpyReads) {
  const sctab::tests::TemporaryFolder folder;
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  Writer file(folder / "a.npy", 2, 3);
  file.append(std::span(values).first(3));
  file.append(std::span(values).subspan(3));
  file.close();

  const std::string bytes = read_bytes(folder / "a.npy");
  ASSERT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const std::size_t header = static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
  EXPECT_EQ((10 + header) % 64, 0U);
  EXPECT_TRUE(bytes.substr(10).starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"));
  EXPECT_EQ(bytes[10 + header - 1], '\n');
  ASSERT_EQ(bytes.size(), 10 + header + 24);
  std::vector<float> back(6);
  std::memcpy(back.data(), bytes.data() + 10 + header, 24);
  EXPECT_EQ(back, values);
}

TEST(NpyWriter, MissingRowsAreABug) {
  const sctab::tests::TemporaryFolder folder;
  Writer file(folder / "a.npy", 2, 3);
  EXPECT_THROW(file.close(), std::logic_error);
  EXPECT_THROW(Writer(folder.path() / "no" / "a.npy", 1, 1), InputError);
}

}  // namespace
}  // namespace sctab::npy::tests
