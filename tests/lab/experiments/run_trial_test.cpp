#include "lab/experiments/run_trial.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace sctab::experiments::tests {
namespace {

TEST(MeasuresOfTraining, OnlyASingleNetworkTrainedByThisProcessHasARate) {
  train::TrainResult training{.best_val_macro_f1 = 0.5, .epochs = 3, .cells_per_second = 1000};
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

TEST(MeasuresOfTraining, LossesAreThoseOfTheBestEpoch) {
  train::TrainResult training{.epochs = 3, .best_epoch = 2};
  nlohmann::json trial;
  trial["measures"] = measures_of(training, 1);
  for (int epoch = 1; epoch <= 3; ++epoch) {
    trial["curve"].push_back({{"epoch", epoch}, {"train_loss", 1.0 / epoch}, {"val_loss", 10.0 / epoch}});
  }
  add_losses(trial);
  EXPECT_EQ(trial.at("measures").at("best_epoch"), 2);
  EXPECT_EQ(trial.at("measures").at("train_loss"), 0.5);
  EXPECT_EQ(trial.at("measures").at("val_loss"), 5);
  training.members = {training, training};
  trial["measures"] = measures_of(training, 1);
  add_losses(trial);
  EXPECT_FALSE(trial.at("measures").contains("best_epoch")) << "each member has its own";
  EXPECT_FALSE(trial.at("measures").contains("train_loss"));
}

}  // namespace
}  // namespace sctab::experiments::tests
