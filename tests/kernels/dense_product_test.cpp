#include "sctab/kernels/dense_product.hpp"

#include <gtest/gtest.h>

#include "kernels/random_matrices.hpp"
#include "kernels/reference.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

using tests::reference::Matrix;

constexpr double kTolerance = 1e-5;  // sums of up to 300 products in float

struct Shape {
  std::int64_t n_cells, n_out, depth;
};

class DenseProducts : public testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    core::Rng rng(3);
    const auto [n_cells, n_out, depth] = GetParam();
    input_ = tests::random_normal(rng, n_cells * depth);
    weights_ = tests::random_normal(rng, n_out * depth);
    output_ = tests::random_normal(rng, n_cells * n_out);
  }
  [[nodiscard]] Matrix input() const { return {GetParam().n_cells, GetParam().depth, input_}; }
  [[nodiscard]] Matrix weights() const { return {GetParam().n_out, GetParam().depth, weights_}; }
  [[nodiscard]] Matrix output() const { return {GetParam().n_cells, GetParam().n_out, output_}; }

  std::vector<float> input_, weights_, output_;
};

TEST_P(DenseProducts, EqualTheReference) {
  const auto [n_cells, n_out, depth] = GetParam();
  std::vector<float> found(output_.size(), NAN);
  product_transposed(input_, weights_, depth, found);
  tests::reference::expect_close(found, product(input(), transposed(weights())), kTolerance, "output");

  std::vector<float> dinput(input_.size(), NAN);
  product(output_, weights_, n_out, 0, dinput);
  const Matrix want = product(output(), weights());
  tests::reference::expect_close(dinput, want, kTolerance, "input's gradient");

  std::vector<float> added = input_;
  product(output_, weights_, n_out, 0.5F, added);
  Matrix sum = want;
  for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += 0.5 * static_cast<double>(input_[i]);
  tests::reference::expect_close(added, sum, kTolerance, "input's gradient, added");

  std::vector<float> dweights(weights_.size(), NAN);
  transposed_product(output_, input_, n_cells, dweights);
  tests::reference::expect_close(dweights, product(transposed(output()), input()), kTolerance, "weights' gradient");
}

TEST_P(DenseProducts, AreTheSameForAnyNumberOfThreads) {
  const auto [n_cells, n_out, depth] = GetParam();
  std::vector<std::vector<float>> found;
  for (const int threads : {1, 2, 4}) {
    set_threads(threads);
    std::vector<float> out(output_.size()), dinput(input_.size()), dweights(weights_.size());
    product_transposed(input_, weights_, depth, out);
    product(output_, weights_, n_out, 0, dinput);
    transposed_product(output_, input_, n_cells, dweights);
    out.insert(out.end(), dinput.begin(), dinput.end());
    out.insert(out.end(), dweights.begin(), dweights.end());
    found.push_back(out);
  }
  EXPECT_EQ(found[0], found[1]);
  EXPECT_EQ(found[0], found[2]);
}

INSTANTIATE_TEST_SUITE_P(Shapes, DenseProducts,
                         testing::Values(Shape{1, 1, 1}, Shape{1, 7, 3}, Shape{127, 5, 64}, Shape{128, 49, 16},
                                         Shape{129, 96, 17}, Shape{300, 48, 129}));

}  // namespace
}  // namespace sctab::kernels
