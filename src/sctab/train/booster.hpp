#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace sctab::train {

/// Some rows of a matrix, row-major, with a label of each and, where there are, weights.
struct BoosterBatch {
  std::vector<float> rows, labels, weights;
};

/// Rows handed over batch by batch, as often as they are asked for, the same ones in the same order each time.
class BoosterBatches {
 public:
  BoosterBatches() = default;
  virtual ~BoosterBatches() = default;
  BoosterBatches(const BoosterBatches&) = delete;
  BoosterBatches& operator=(const BoosterBatches&) = delete;
  virtual void restart() = 0;
  /// The next rows, at least one; false where there are no more.
  virtual bool next(BoosterBatch& batch) = 0;
};

/// Samples of libxgboost: rows, and of batches labels and weights of the rows.
class BoosterData {
 public:
  /// Copies the rows. To predict on.
  BoosterData(std::span<const float> rows, std::int64_t width);
  static constexpr std::int64_t kPasses = 4, kPassesWithQuantiles = 3;  // over the batches: found by a test
  /// Holds each value as its bin among the quantiles of its column: two bytes a value. quantiles_of: data whose
  /// quantiles to take, so that trees grown on it say the same as on the values; nullptr: these rows' own. Rethrows
  /// what a batch throws.
  BoosterData(BoosterBatches& batches, std::int64_t width, int threads, const BoosterData* quantiles_of);
  [[nodiscard]] void* handle() const { return handle_.get(); }

 private:
  struct Free {
    void operator()(void* handle) const;
  };
  std::unique_ptr<void, Free> handle_;
};

/// A model of libxgboost through its C interface. What goes wrong in there is thrown as std::runtime_error.
class Booster {
 public:
  explicit Booster(const std::map<std::string, std::string>& parameters, const std::vector<const BoosterData*>& cache);
  /// What save() gave. Throws std::runtime_error where it is not.
  explicit Booster(std::span<const std::uint8_t> saved);

  void add_round(int round, const BoosterData& train);
  /// The metric that the parameters name.
  [[nodiscard]] double evaluate(int round, const BoosterData& data) const;
  /// n × outputs.
  [[nodiscard]] std::vector<float> predict(const BoosterData& data) const;
  /// The first rounds alone.
  [[nodiscard]] Booster first_rounds(int n) const;
  [[nodiscard]] std::vector<std::uint8_t> save() const;

 private:
  struct Free {
    void operator()(void* handle) const;
  };
  explicit Booster(void* handle) : handle_(handle) {}
  std::unique_ptr<void, Free> handle_;
};

}  // namespace sctab::train
