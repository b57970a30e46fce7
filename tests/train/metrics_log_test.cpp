#include "sctab/train/run_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::train {
namespace {

EpochMetrics epoch_metrics(std::int64_t epoch) {
  return {epoch, 0.1 + 0.2, std::numeric_limits<double>::quiet_NaN(), 0.5, 0.005, 12.5, 800.0, 1.0 / 3.0};
}

TEST(MetricsLog, OneObjectALineWithEveryDigit) {
  const tests::TemporaryFolder folder;
  append_metrics(folder / "metrics.jsonl", epoch_metrics(1));
  append_metrics(folder / "metrics.jsonl", epoch_metrics(2));
  std::ifstream file(folder / "metrics.jsonl");
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1]["epoch"], 2);
  EXPECT_EQ(lines[0]["train_loss"].get<double>(), 0.1 + 0.2);
  EXPECT_EQ(lines[0]["grad_norm"].get<double>(), 1.0 / 3.0);
  EXPECT_TRUE(lines[0]["val_loss"].is_null());
  for (const char* key : {"val_macro_f1", "lr", "seconds", "cells_per_s"}) EXPECT_TRUE(lines[0].contains(key)) << key;
}

TEST(MetricsLog, TruncationKeepsTheFirstLinesAsTheyAre) {
  const tests::TemporaryFolder folder;
  const auto path = folder / "metrics.jsonl";
  append_metrics(path, epoch_metrics(1));
  const std::string first = tests::read_bytes(path);
  append_metrics(path, epoch_metrics(2));
  std::ofstream(path, std::ios::app) << R"({"epoch": 3, "train_l)";  // cut short by a kill
  truncate_metrics(path, 1);
  EXPECT_EQ(tests::read_bytes(path), first);
  truncate_metrics(path, 0);
  EXPECT_EQ(tests::read_bytes(path), "");
}

TEST(MetricsLog, MissingLinesAreNamed) {
  const tests::TemporaryFolder folder;
  EXPECT_NO_THROW(truncate_metrics(folder / "metrics.jsonl", 0));
  SCTAB_EXPECT_THROW_WITH(truncate_metrics(folder / "metrics.jsonl", 2), core::InputError, "metrics.jsonl", "0 epochs",
                          "expected 2");
}

}  // namespace
}  // namespace sctab::train
