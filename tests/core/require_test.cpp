#include "sctab/core/require.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace sctab::core {
namespace {

TEST(Require, AcceptsWhatIsGood) {
  EXPECT_NO_THROW(require(true, "--threads", 1, "0 or more"));
}

TEST(Require, NamesTheOptionAndItsValue) {
  try {
    require(false, "--threads", -1, "0 or more");
    FAIL() << "nothing was thrown";
  } catch (const InputError& error) {
    EXPECT_EQ(error.problem().subject, "--threads");
    EXPECT_STREQ(error.what(), "--threads: -1; expected 0 or more");
  }
}

TEST(Require, ShowsFractionsAndNotANumber) {
  const auto message = [](double value) {
    try {
      require(false, "val_fraction", value, "0 or more");
    } catch (const InputError& error) {
      return error.problem().found;
    }
    return std::string();
  };
  EXPECT_EQ(message(1.25), "1.25");
  EXPECT_EQ(message(std::numeric_limits<double>::quiet_NaN()), "nan");
}

}  // namespace
}  // namespace sctab::core
