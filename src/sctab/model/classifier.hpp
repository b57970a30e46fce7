#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "sctab/kernels/backend.hpp"
#include "sctab/model/model_directory.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::model {

/// For each cell of a batch, row-major.
struct Prediction {
  std::int64_t n_cells = 0, n_types = 0, n_embedding = 0;
  std::vector<float> probabilities;  // n_cells × n_types, rows sum to 1
  std::vector<float> embedding;  // n_cells × n_embedding: see embedding_width(); for an ensemble, that of its first
                                 // member
};

/// The type with the largest score in each row of scores (n × n_types); of ties the first. A NaN counts as the largest,
/// so that a damaged or diverged model does not look good.
std::vector<core::TypeIndex> best_types(std::span<const float> scores, std::int64_t n_types);

/// The most probable type of a cell. -1 with probability 0: no call, as the cell has no counts.
struct TypeCall {
  core::TypeIndex type = -1;
  float probability = 0;
};
/// The call for each cell of a prediction. cells: what was predicted from, (n_cells × n_genes). first: the number of
/// the first cell, for errors. Throws InputError naming the cell if the model's answer is not a number, as damaged
/// weights make it.
std::vector<TypeCall> call_types(const Prediction& prediction, sparse::CsrView cells, core::CellIndex first);

/// The mean of the members' predictions, at least one, with the embedding of the first: what predict() gives for an
/// ensemble of them. weights: positive, at least one per member; empty: all members count the same.
Prediction mean_prediction(std::span<const Prediction> members, std::span<const double> weights = {});

/// What half precision changes on some cells.
struct PrecisionCost {
  std::int64_t n_cells = 0;
  std::int64_t n_same_label = 0;              // cells whose most probable type stays the same
  double largest_probability_difference = 0;  // of any cell and type
};

struct ClassifierOptions {
  int threads = 0;                 // 0: all; the results are the same to the bit
  std::int64_t batch_size = 2048;  // cells at once: bounds memory, does not change results beyond rounding
  kernels::Device device = kernels::Device::kCpu;
  kernels::Precision precision = kernels::Precision::kFloat;  // of the weights of the genes
};

/// A trained model loaded for prediction; an ensemble's probabilities are the (weighted) mean of its members'. Each
/// cell's result is a function of that cell, the model and the machine, but for rounding. Memory: the weights, and per
/// cell of a batch its non-zeros and some 10 kB. One thread at a time; the kernels' threads share the work.
class Classifier {
 public:
  /// Throws InputError for options that exclude each other, and naming the file where a weight is missing, unknown or
  /// has another shape than config.json says.
  static Classifier load(const std::filesystem::path& directory, const ClassifierOptions& options = {});
  ~Classifier();
  Classifier(Classifier&&) noexcept;

  [[nodiscard]] const ModelDescription& description() const;
  /// log_norm: (n × n_inputs()): the genes in model order, log1p of counts scaled to 10,000, and the covariate's levels
  /// where the model has one, see with_levels(). Any number of cells. Throws Interrupted.
  [[nodiscard]] Prediction predict(sparse::CsrView log_norm) const;
  /// The predictions of each ensemble member, in the order of description().members: at least one.
  [[nodiscard]] std::vector<Prediction> predict_members(sparse::CsrView log_norm) const;
  /// Predicts these cells at half precision and at float, as predict() takes them, and compares.
  [[nodiscard]] PrecisionCost cost_of_half_precision(sparse::CsrView log_norm) const;

 private:
  struct State;
  explicit Classifier(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sctab::model
