#include "sctab/model/classifier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <span>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/kernels/parallel.hpp"
#include "sctab/model/predictor.hpp"

namespace sctab::model {
namespace {

/// Cells first, first + 1, … of the view, n of them.
sparse::CsrView slice(const sparse::CsrView& cells, std::int64_t first, std::int64_t n) {
  sparse::CsrView part = cells;
  part.n_cells = n;
  part.indptr = cells.indptr.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(n) + 1);
  return part;
}

}  // namespace

Prediction mean_prediction(std::span<const Prediction> members, std::span<const double> weights) {
  SCTAB_ASSERT(!members.empty());
  SCTAB_ASSERT(weights.empty() || weights.size() >= members.size());
  const auto weight_of = [&](std::size_t i) { return weights.empty() ? 1.0F : static_cast<float>(weights[i]); };
  Prediction mean = members.front();
  float total = weight_of(0);
  for (float& probability : mean.probabilities) probability *= total;
  for (std::size_t i = 1; i < members.size(); ++i) {
    SCTAB_ASSERT(members[i].probabilities.size() == mean.probabilities.size());
    const float weight = weight_of(i);
    total += weight;
    std::ranges::transform(mean.probabilities, members[i].probabilities, mean.probabilities.begin(),
                           [weight](float sum, float probability) { return sum + weight * probability; });
  }
  for (float& probability : mean.probabilities) probability /= total;
  return mean;
}

std::vector<core::TypeIndex> best_types(std::span<const float> scores, std::int64_t n_types) {
  const auto width = static_cast<std::size_t>(n_types);
  std::vector<core::TypeIndex> types;
  for (std::size_t begin = 0; begin < scores.size(); begin += width) {
    const auto row = scores.subspan(begin, width);
    const auto below = [](float a, float b) { return a < b || (std::isnan(b) && !std::isnan(a)); };
    types.push_back(static_cast<core::TypeIndex>(std::ranges::max_element(row, below) - row.begin()));
  }
  return types;
}

std::vector<TypeCall> call_types(const Prediction& prediction, sparse::CsrView cells, core::CellIndex first) {
  SCTAB_ASSERT(cells.n_cells == prediction.n_cells);
  std::vector<TypeCall> calls(static_cast<std::size_t>(cells.n_cells));
  const std::vector<core::TypeIndex> types = best_types(prediction.probabilities, prediction.n_types);
  for (std::size_t cell = 0; cell < calls.size(); ++cell) {
    if (cells.row(static_cast<core::CellIndex>(cell)).indices.empty()) continue;
    const std::size_t row = cell * static_cast<std::size_t>(prediction.n_types);
    calls[cell] = {types[cell], prediction.probabilities[row + static_cast<std::size_t>(types[cell])]};
    if (calls[cell].probability >= 0) continue;
    throw core::InputError({.cell = fmt::format("{} (counted from 0)", first + static_cast<core::CellIndex>(cell)),
                            .found = "the model's answer is not a number",
                            .next_step = "copy or train the model again: its weights are damaged"});
  }
  return calls;
}

struct Classifier::State {
  ModelDescription description;
  ClassifierOptions options;
  std::vector<std::unique_ptr<Predictor>> members;

  void prepare(kernels::Precision precision) const {
    for (const auto& member : members) member->prepare(precision);
  }
};

Classifier::Classifier(std::unique_ptr<State> state) : state_(std::move(state)) {}
Classifier::~Classifier() = default;
Classifier::Classifier(Classifier&&) noexcept = default;

Classifier Classifier::load(const std::filesystem::path& directory, const ClassifierOptions& options) {
  SCTAB_ASSERT(options.batch_size > 0);
  auto state = std::make_unique<State>();
  state->options = options;
  state->description = read_description(directory);
  kernels::set_threads(options.threads);
  const ModelDescription& model = state->description;
  for (std::size_t i = 0; i < model.members.size(); ++i) {
    state->members.push_back(load_predictor(directory / model.members[i], member_architecture(model.architecture, i),
                                            {options.device, options.precision}));
  }
  return Classifier(std::move(state));
}

const ModelDescription& Classifier::description() const {
  return state_->description;
}

Prediction Classifier::predict(sparse::CsrView log_norm) const {
  std::vector<Prediction> members = predict_members(log_norm);
  return members.size() == 1 ? std::move(members.front())
                             : mean_prediction(members, state_->description.member_weights);
}

std::vector<Prediction> Classifier::predict_members(sparse::CsrView log_norm) const {
  const Architecture& architecture = state_->description.architecture;
  SCTAB_ASSERT(log_norm.n_genes == architecture.n_inputs());
  std::vector<Prediction> predictions(state_->members.size());
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    Prediction& prediction = predictions[i];
    prediction.n_cells = log_norm.n_cells;
    prediction.n_types = architecture.n_types;
    prediction.n_embedding = embedding_width(member_architecture(architecture, i));
    prediction.probabilities.reserve(static_cast<std::size_t>(log_norm.n_cells * prediction.n_types));
    prediction.embedding.reserve(static_cast<std::size_t>(log_norm.n_cells * prediction.n_embedding));
  }
  for (std::int64_t first = 0; first < log_norm.n_cells; first += state_->options.batch_size) {
    core::check_interrupt();
    const std::int64_t n = std::min(state_->options.batch_size, log_norm.n_cells - first);
    const sparse::CsrView x = slice(log_norm, first, n);
    for (std::size_t member = 0; member < predictions.size(); ++member) {
      state_->members[member]->predict(x, predictions[member].probabilities, predictions[member].embedding);
    }
  }
  return predictions;
}

PrecisionCost Classifier::cost_of_half_precision(sparse::CsrView log_norm) const {
  const auto predict_at = [&](kernels::Precision precision) {
    state_->prepare(precision);
    try {
      Prediction prediction = predict(log_norm);
      state_->prepare(state_->options.precision);
      return prediction;
    } catch (...) {  // Interrupted
      state_->prepare(state_->options.precision);
      throw;
    }
  };
  const Prediction half = predict_at(kernels::Precision::kHalf), full = predict_at(kernels::Precision::kFloat);

  PrecisionCost cost{.n_cells = full.n_cells};
  const auto half_types = best_types(half.probabilities, half.n_types);
  const auto full_types = best_types(full.probabilities, full.n_types);
  cost.n_same_label = std::inner_product(half_types.begin(), half_types.end(), full_types.begin(), std::int64_t{0},
                                         std::plus<>(), std::equal_to<>());
  for (std::size_t i = 0; i < full.probabilities.size(); ++i) {
    const auto difference = std::abs(static_cast<double>(half.probabilities[i] - full.probabilities[i]));
    if (!(difference <= cost.largest_probability_difference)) cost.largest_probability_difference = difference;
    if (std::isnan(difference)) break;
  }
  return cost;
}

}  // namespace sctab::model
