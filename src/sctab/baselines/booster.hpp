#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace sctab::baselines {

/// Samples of libxgboost: a row-major matrix, labels and weights of the rows. Copies what it is given.
class BoosterData {
 public:
  BoosterData(std::span<const float> rows, std::int64_t width);
  void set_labels(std::span<const float> labels);
  void set_weights(std::span<const float> weights);
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
  void set_threads(int threads);

 private:
  struct Free {
    void operator()(void* handle) const;
  };
  explicit Booster(void* handle) : handle_(handle) {}
  std::unique_ptr<void, Free> handle_;
};

}  // namespace sctab::baselines
