#include "sctab/kernels/dense_product.hpp"

#include <gtest/gtest.h>

#include "kernels/random_matrices.hpp"
#include "kernels/reference.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::kernels {
namespace {

using tests::reference::Matrix;

constexpr double kProductTolerance = 1e-5;  // sums of up to 300 products in float

struct ProductShape {
  std::int64_t n_cells, n_out, depth;
};

class DenseProducts : public testing::TestWithParam<ProductShape> {
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
  tests::reference::expect_close(found, product(input(), transposed(weights())), kProductTolerance, "output");

  std::vector<float> dinput(input_.size(), NAN);
  product(output_, weights_, n_out, 0, dinput);
  const Matrix want = product(output(), weights());
  tests::reference::expect_close(dinput, want, kProductTolerance, "input's gradient");

  std::vector<float> added = input_;
  product(output_, weights_, n_out, 0.5F, added);
  Matrix sum = want;
  for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += 0.5 * static_cast<double>(input_[i]);
  tests::reference::expect_close(added, sum, kProductTolerance, "input's gradient, added");

  std::vector<float> dweights(weights_.size(), NAN);
  transposed_product(output_, input_, n_cells, dweights);
  tests::reference::expect_close(dweights, product(transposed(output()), input()), kProductTolerance,
                                 "weights' gradient");
}

/// Within a sum of 530 roundings of a double, of values of order 1, of the reference, which sums them the other way.
void expect_close(const std::vector<double>& got, const Matrix& want, const char* what) {
  ASSERT_EQ(got.size(), want.values.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_TRUE(std::abs(got[i] - want.values[i]) <= 1e-11) << what << "[" << i << "]: " << got[i];
  }
}

TEST_P(DenseProducts, OfDoublesEqualTheReferenceForAnyNumberOfThreads) {
  const auto [n_cells, n_out, depth] = GetParam();
  const auto thirds = [](Matrix matrix) {  // no longer floats
    for (double& value : matrix.values) value /= 3;
    return matrix;
  };
  const Matrix in = thirds(input()), weights = thirds(this->weights()), out = thirds(output());
  const int before = threads();
  std::vector<std::vector<double>> found;
  for (const int n_threads : {1, 3}) {
    set_threads(n_threads);
    std::vector<double> got(out.values.size(), NAN);
    product_transposed_f64(in.values, weights.values, depth, got);
    expect_close(got, product(in, transposed(weights)), "a · bᵀ");
    found.push_back(got);

    got.assign(in.values.size(), NAN);
    product_f64(out.values, weights.values, n_out, 0, got);
    expect_close(got, product(out, weights), "a · b");
    found.push_back(got);

    got.assign(weights.values.size(), 1);
    transposed_product_f64(out.values, in.values, n_cells, 0.5, got);
    Matrix want = product(transposed(out), in);
    for (double& value : want.values) value += 0.5;
    expect_close(got, want, "aᵀ · b");
    found.push_back(got);
  }
  set_threads(before);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(found[i], found[i + 3]) << i;
}

TEST_P(DenseProducts, OfPackedWeightsEqualTheReference) {
  const auto [n_cells, n_out, depth] = GetParam();
  const PackedWeights packed(weights_, depth);
  EXPECT_EQ(packed.depth(), depth);
  EXPECT_EQ(packed.n_out(), n_out);
  std::vector<float> unpacked(output_.size()), found(output_.size(), NAN);
  product_transposed(input_, weights_, depth, unpacked);
  linear_layer(input_, packed, {}, found);
  EXPECT_EQ(found, unpacked);

  const std::vector<float> bias(output_.begin(), output_.begin() + n_out);
  linear_layer(input_, packed, bias, found);
  Matrix want = product(input(), transposed(weights()));
  for (std::size_t i = 0; i < found.size(); ++i) {
    want.values[i] += static_cast<double>(bias[i % static_cast<std::size_t>(n_out)]);
  }
  tests::reference::expect_close(found, want, kProductTolerance, "with bias");
}

TEST_P(DenseProducts, GiveACellTheSameBitsInAnyBatch) {
  const auto [n_cells, n_out, depth] = GetParam();
  std::vector<float> all(output_.size());
  product_transposed(input_, weights_, depth, all);
  for (const std::int64_t cell : {std::int64_t{0}, n_cells / 2, n_cells - 1}) {
    std::vector<float> alone(static_cast<std::size_t>(n_out));
    product_transposed(
        std::span(input_).subspan(static_cast<std::size_t>(cell * depth), static_cast<std::size_t>(depth)), weights_,
        depth, alone);
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), all.begin() + cell * n_out)) << "cell " << cell;
  }
}

TEST_P(DenseProducts, AreTheSameForAnyNumberOfThreads) {
  const auto [n_cells, n_out, depth] = GetParam();
  std::vector<std::vector<float>> found;
  const int before = threads();
  for (const int n_threads : {1, 2, 4}) {
    set_threads(n_threads);
    std::vector<float> out(output_.size()), dinput(input_.size()), dweights(weights_.size());
    product_transposed(input_, weights_, depth, out);
    product(output_, weights_, n_out, 0, dinput);
    transposed_product(output_, input_, n_cells, dweights);
    out.insert(out.end(), dinput.begin(), dinput.end());
    out.insert(out.end(), dweights.begin(), dweights.end());
    found.push_back(out);
  }
  set_threads(before);
  EXPECT_EQ(found[0], found[1]);
  EXPECT_EQ(found[0], found[2]);
}

INSTANTIATE_TEST_SUITE_P(Shapes, DenseProducts,
                         testing::Values(ProductShape{1, 1, 1}, ProductShape{1, 7, 3}, ProductShape{127, 5, 64},
                                         ProductShape{128, 49, 16}, ProductShape{129, 96, 17},
                                         ProductShape{300, 48, 129}, ProductShape{260, 530, 300}));

TEST(DenseProductsOfNoCells, WriteNothing) {
  const std::vector<float> weights(15, 1.0F), bias(5, 1.0F);
  product_transposed({}, weights, 3, {});
  product({}, weights, 3, 0, {});
  linear_layer({}, PackedWeights(weights, 3), bias, {});
}

}  // namespace
}  // namespace sctab::kernels
