#include "sctab/model/npy_file.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::model {
namespace {

TEST(NpyFile, HasTheHeaderThatNumpyReads) {
  const tests::TemporaryFolder folder;
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  NpyFile file(folder / "a.npy", 2, 3);
  file.append(std::span(values).first(3));
  file.append(std::span(values).subspan(3));
  file.close();

  const std::string bytes = tests::read_bytes(folder / "a.npy");
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

TEST(NpyFile, MissingRowsAreABug) {
  const tests::TemporaryFolder folder;
  NpyFile file(folder / "a.npy", 2, 3);
  EXPECT_THROW(file.close(), std::logic_error);
  EXPECT_THROW(NpyFile(folder.path() / "no" / "a.npy", 1, 1), core::InputError);
}

}  // namespace
}  // namespace sctab::model
