#include "sctab/benchmark/run_trial.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace sctab::benchmark::tests {
namespace {

TEST(MeasuresOfTraining, ARateIsOfOneNetworkThatThisProcessTrained) {
  train::TrainResult training{.epochs = 3, .best_val_macro_f1 = 0.5, .cells_per_second = 1000};
  EXPECT_EQ(measures_of(training, 2.5).at("cells_per_second"), 1000);
  EXPECT_EQ(measures_of(training, 2.5).at("train_seconds"), 2.5);
  EXPECT_EQ(measures_of(training, 2.5).at("epochs"), 3);
  training.members = {training, training};
  EXPECT_FALSE(measures_of(training, 2.5).contains("cells_per_second")) << "the first member's is not the ensemble's";
  training.members.clear();
  for (const double none : {0.0, std::nan("")}) {
    training.cells_per_second = none;
    EXPECT_FALSE(measures_of(training, 2.5).contains("cells_per_second"));
  }
  training.best_val_macro_f1 = std::nan("");
  EXPECT_TRUE(measures_of(training, 2.5).at("val_macro_f1").is_null());
}

}  // namespace
}  // namespace sctab::benchmark::tests
