#include "sctab/core/progress.hpp"
#include "sctab/core/numbers.hpp"

#include <gtest/gtest.h>

namespace sctab::core {
namespace {

TEST(Format, Durations) {
  EXPECT_EQ(format_duration(0), "0:00");
  EXPECT_EQ(format_duration(75), "1:15");
  EXPECT_EQ(format_duration(3700), "1:01:40");
}

TEST(Format, Counts) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1'234'567), "1,234,567");
  EXPECT_EQ(format_count(-1'234), "-1,234");
}

TEST(Format, Bytes) {
  EXPECT_EQ(format_bytes(999), "999 B");
  EXPECT_EQ(format_bytes(1536), "1.5 kB");
  EXPECT_EQ(format_bytes(2.1e9), "2.1 GB");
}

TEST(PeakMemory, IsAtLeastWhatIsHeld) {
  EXPECT_GT(peak_memory_bytes(), 1'000'000);
}

TEST(Progress, ShowsItsClosingLineOnce) {
  testing::internal::CaptureStderr();
  Progress progress("reading", 10);
  progress.advance(10);
  progress.note("loss 0.5");
  progress.finish();
  progress.finish();
  const std::string shown = testing::internal::GetCapturedStderr();
  EXPECT_NE(shown.find("reading"), std::string::npos) << shown;
  EXPECT_NE(shown.find("10/10 cells"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("loss 0.5"), shown.rfind("loss 0.5")) << shown;
}

}  // namespace
}  // namespace sctab::core
