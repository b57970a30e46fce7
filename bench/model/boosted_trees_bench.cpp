// Trees of the size that `sctab train --kind xgboost` grows, walked by sctab and by libxgboost, on one thread: 256
// components, 30 types, depth 6 (the library's default) and 10 (the paper's).

#include "sctab/kernels/parallel.hpp"
#include "sctab/model/boosted_trees.hpp"

#include <benchmark/benchmark.h>

#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/train/booster.hpp"

namespace {

using namespace sctab;

constexpr std::int64_t kWidth = 256, kRows = 1024;
constexpr int kClasses = 30, kRounds = 10;

/// Clusters that overlap, so that trees grow to their full depth. The first components tell the most, as principal
/// components do.
train::BoosterBatch made_up_cells(std::int64_t n, std::uint64_t seed) {
  core::Rng rng(seed);
  train::BoosterBatch cells;
  for (std::int64_t i = 0; i < n; ++i) {
    const auto type = static_cast<int>(rng.uniform() * kClasses);
    cells.labels.push_back(static_cast<float>(type));
    for (std::int64_t k = 0; k < kWidth; ++k) {
      const double centre = std::sin(static_cast<double>(type * (k + 1))) * 4 / std::sqrt(static_cast<double>(k + 1));
      cells.rows.push_back(static_cast<float>(centre + rng.normal()));
    }
  }
  return cells;
}

class OneBatch : public train::BoosterBatches {
 public:
  explicit OneBatch(train::BoosterBatch batch) : batch_(std::move(batch)) {}
  void restart() override { given_ = false; }
  bool next(train::BoosterBatch& batch) override {
    if (given_) return false;
    given_ = true;
    batch = batch_;
    return true;
  }

 private:
  train::BoosterBatch batch_;
  bool given_ = false;
};

const train::Booster& trained(int depth) {
  static auto& boosters = *new std::map<int, train::Booster>;  // libxgboost is gone when static objects go
  if (const auto found = boosters.find(depth); found != boosters.end()) return found->second;
  OneBatch cells(made_up_cells(3000, 1));
  const train::BoosterData data(cells, kWidth, 1, nullptr);
  train::Booster booster({{"objective", "multi:softprob"},
                          {"num_class", std::to_string(kClasses)},
                          {"max_depth", std::to_string(depth)},
                          {"eta", "0.05"},
                          {"nthread", "1"},
                          {"tree_method", "hist"},
                          {"verbosity", "0"}},
                         {&data});
  for (int round = 0; round < kRounds; ++round) booster.add_round(round, data);
  return boosters.emplace(depth, std::move(booster)).first->second;
}

void count(benchmark::State& state, const model::BoostedTrees& trees) {
  state.counters["cells"] = benchmark::Counter(kRows, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["ns per tree and cell"] =
      benchmark::Counter(static_cast<double>(kRows) * static_cast<double>(trees.trees.size()) / 1e9,
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["nodes per tree"] = static_cast<double>(trees.nodes.size()) / static_cast<double>(trees.trees.size());
}

void ours(benchmark::State& state) {
  kernels::set_threads(1);
  const train::Booster& booster = trained(static_cast<int>(state.range(0)));
  const model::BoostedTrees trees = model::read_boosted_trees(booster.save());
  const std::vector<float> rows = made_up_cells(kRows, 2).rows;
  std::vector<float> found;
  for (auto _ : state) benchmark::DoNotOptimize(found = model::probabilities(trees, rows));
  if (found != booster.predict(train::BoosterData(rows, kWidth))) state.SkipWithError("not what libxgboost says");
  count(state, trees);
}
BENCHMARK(ours)->Arg(6)->Arg(10)->UseRealTime()->Unit(benchmark::kMillisecond);

/// With the copy of the rows, without which it predicts nothing.
void libxgboost(benchmark::State& state) {
  kernels::set_threads(1);
  const train::Booster& booster = trained(static_cast<int>(state.range(0)));
  const std::vector<float> rows = made_up_cells(kRows, 2).rows;
  for (auto _ : state) benchmark::DoNotOptimize(booster.predict(train::BoosterData(rows, kWidth)));
  count(state, model::read_boosted_trees(booster.save()));
}
BENCHMARK(libxgboost)->Arg(6)->Arg(10)->UseRealTime()->Unit(benchmark::kMillisecond);

void read(benchmark::State& state) {
  const std::vector<std::uint8_t> saved = trained(static_cast<int>(state.range(0))).save();
  for (auto _ : state) benchmark::DoNotOptimize(model::read_boosted_trees(saved));
  state.counters["saved MB"] = static_cast<double>(saved.size()) / 1e6;
  state.counters["MB"] =
      benchmark::Counter(static_cast<double>(saved.size()) / 1e6, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(read)->Arg(6)->Arg(10)->Unit(benchmark::kMillisecond);

}  // namespace
