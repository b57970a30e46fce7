#include "sctab/kernels/adamw.hpp"

#include <gtest/gtest.h>

#include "kernels/random_matrices.hpp"
#include "kernels/reference.hpp"

namespace sctab::kernels {
namespace {

// torch.optim.AdamW's lines, one value at a time in double.
struct Reference {
  double parameter, exp_avg = 0, exp_avg_sq = 0;
  void step(const AdamWOptions& o, double t, double gradient) {
    parameter *= 1 - o.learning_rate * o.weight_decay;
    exp_avg = o.beta1 * exp_avg + (1 - o.beta1) * gradient;
    exp_avg_sq = o.beta2 * exp_avg_sq + (1 - o.beta2) * gradient * gradient;
    const double denominator = std::sqrt(exp_avg_sq) / std::sqrt(1 - std::pow(o.beta2, t)) + o.epsilon;
    parameter -= o.learning_rate / (1 - std::pow(o.beta1, t)) * exp_avg / denominator;
  }
};

struct Tensor {
  Tensor(core::Rng& rng, std::int64_t n)
      : gradient(static_cast<std::size_t>(n)),
        parameter(tests::random_normal(rng, n)),
        exp_avg(parameter.size()),
        exp_avg_sq(parameter.size()) {
    for (const float value : parameter) references.push_back({static_cast<double>(value)});
  }
  AdamWTensor view() { return {gradient, parameter, exp_avg, exp_avg_sq}; }

  std::vector<float> gradient, parameter, exp_avg, exp_avg_sq;
  std::vector<Reference> references;
};

std::vector<AdamWTensor> views(std::vector<Tensor>& tensors) {
  std::vector<AdamWTensor> all;
  for (Tensor& tensor : tensors) all.push_back(tensor.view());
  return all;
}

TEST(AdamW, EqualsTorchsFormulaOverSteps) {
  core::Rng rng(8);
  const AdamWOptions options;
  std::vector<Tensor> tensors;
  for (const std::int64_t n : {1, 0, 15, 16, 65'536, 17, 170'001, 2, 65'537}) tensors.emplace_back(rng, n);
  for (std::int64_t step = 1; step <= 3; ++step) {
    for (Tensor& tensor : tensors) {
      tensor.gradient = tests::random_normal(rng, std::ssize(tensor.gradient), 0.1);
      if (!tensor.gradient.empty()) tensor.gradient[0] = 0;
      for (std::size_t i = 0; i < tensor.references.size(); ++i) {
        tensor.references[i].step(options, static_cast<double>(step), 0.25 * static_cast<double>(tensor.gradient[i]));
      }
    }
    adamw_step(options, step, 0.25F, views(tensors));
  }
  for (const Tensor& tensor : tensors) {
    std::vector<double> want;
    for (const Reference& reference : tensor.references) want.push_back(reference.parameter);
    tests::reference::expect_close(tensor.parameter, want, 1e-6, "parameter");
  }
}

TEST(AdamW, OfNothingDoesNothing) {
  adamw_step({}, 1, 1, {});
  EXPECT_EQ(sum_of_squares({}), 0);
}

TEST(SumOfSquares, EqualsThePlainSum) {
  core::Rng rng(9);
  std::vector<Tensor> tensors;
  double want = 0;
  for (const std::int64_t n : {0, 1, 31, 4095, 4097, 200'003}) {
    Tensor& tensor = tensors.emplace_back(rng, n);
    tensor.gradient = tests::random_normal(rng, n);
    for (const float value : tensor.gradient) want += static_cast<double>(value) * static_cast<double>(value);
    const double found = sum_of_squares(views(tensors));
    if (!(std::abs(found - want) <= 1e-6 * want)) ADD_FAILURE() << found << " not " << want;
  }
}

TEST(ClipScale, IsTorchs) {
  EXPECT_EQ(clip_scale(0, 1), 1.0F);
  EXPECT_EQ(clip_scale(0.5, 1), 1.0F);
  EXPECT_FLOAT_EQ(clip_scale(4, 1), 0.25F);
  EXPECT_TRUE(std::isnan(clip_scale(NAN, 1)));
}

}  // namespace
}  // namespace sctab::kernels
