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

TEST(AdamW, EqualsTorchsFormulaOverSteps) {
  core::Rng rng(8);
  const AdamWOptions options;
  for (const std::int64_t n : {1, 15, 16, 17, 70'001}) {
    std::vector<float> parameter = tests::random_normal(rng, n), exp_avg(parameter.size()),
                       exp_avg_sq(parameter.size());
    std::vector<Reference> references;
    for (const float value : parameter) references.push_back({static_cast<double>(value)});
    for (std::int64_t step = 1; step <= 3; ++step) {
      std::vector<float> gradient = tests::random_normal(rng, n, 0.1);
      gradient[0] = 0;
      adamw_step(options, step, 0.25F, gradient, parameter, exp_avg, exp_avg_sq);
      for (std::size_t i = 0; i < references.size(); ++i) {
        references[i].step(options, static_cast<double>(step), 0.25 * static_cast<double>(gradient[i]));
      }
    }
    std::vector<double> want;
    for (const Reference& reference : references) want.push_back(reference.parameter);
    tests::reference::expect_close(parameter, want, 1e-6, "parameter");
  }
}

TEST(SumOfSquares, EqualsThePlainSum) {
  core::Rng rng(9);
  for (const std::int64_t n : {0, 1, 31, 4095, 4097, 200'003}) {
    const std::vector<float> values = tests::random_normal(rng, n);
    double want = 0;
    for (const float value : values) want += static_cast<double>(value) * static_cast<double>(value);
    if (!(std::abs(sum_of_squares(values) - want) <= 1e-6 * want))
      ADD_FAILURE() << sum_of_squares(values) << " not " << want;
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
