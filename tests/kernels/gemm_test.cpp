#include "sctab/kernels/cpu/gemm.hpp"

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <limits>
#include <string>
#include <type_traits>

#include "kernels/random_matrices.hpp"
#include "kernels/reference.hpp"
#include "sctab/kernels/aligned_array.hpp"
#include "sctab/kernels/cpu/dot.hpp"
#include "sctab/kernels/cpu/weighted_rows.hpp"

namespace sctab::kernels::cpu {
namespace {

using tests::reference::Matrix;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
// What the reference sums in: products of T are exact or all but exact in it.
template <typename T>
using Wide = std::conditional_t<std::is_same_v<T, float>, double, long double>;

template <typename T>
std::vector<T> random_numbers(core::Rng& rng, std::int64_t n) {
  std::vector<T> values(static_cast<std::size_t>(n));
  for (T& value : values) value = static_cast<T>(rng.normal());
  return values;
}

// check() with every vector unit that this processor has.
template <typename Check>
void on_every_target(const Check& check) {
  for (std::int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
    const std::int64_t target = targets & -targets;
    hwy::SetSupportedTargetsForTest(target);
    SCOPED_TRACE(hwy::TargetName(target));
    check();
  }
  hwy::SetSupportedTargetsForTest(0);
}

struct GemmShape {
  std::int64_t n_rows, n_columns, depth;
};

// A problem whose operands are stored either way round.
template <typename T>
class Problem {
 public:
  explicit Problem(const GemmShape& shape) : shape_(shape) {
    core::Rng rng(11);
    a_ = random_numbers<T>(rng, shape.n_rows * shape.depth);
    b_ = random_numbers<T>(rng, shape.depth * shape.n_columns);
    out_ = random_numbers<T>(rng, shape.n_rows * shape.n_columns);
  }

  [[nodiscard]] StridedMatrix<T> a(bool is_transposed) const {
    return operand(a_, shape_.n_rows, shape_.depth, is_transposed);
  }
  [[nodiscard]] StridedMatrix<T> b(bool is_transposed) const {
    return operand(b_, shape_.depth, shape_.n_columns, is_transposed);
  }

  void run(bool a_transposed, bool b_transposed, T alpha, T beta) const {
    SCOPED_TRACE(testing::Message() << shape_.n_rows << "x" << shape_.n_columns << "x" << shape_.depth << ", a "
                                    << a_transposed << ", b " << b_transposed << ", alpha " << alpha << ", beta "
                                    << beta);
    constexpr std::size_t kBeyond = 40;  // what lies after the last row must stay
    std::vector<T> found = beta == 0 ? std::vector<T>(out_.size(), std::numeric_limits<T>::quiet_NaN()) : out_;
    found.resize(out_.size() + kBeyond, T{-7});
    gemm(alpha, a(a_transposed), b(b_transposed), beta, found.data());
    for (std::size_t i = out_.size(); i < found.size(); ++i) ASSERT_EQ(found[i], T{-7}) << "beyond the end, at " << i;
    compare(found, a(a_transposed), b(b_transposed), alpha, beta);
  }

 private:
  static StridedMatrix<T> operand(const std::vector<T>& values, std::int64_t rows, std::int64_t columns,
                                  bool is_transposed) {
    return is_transposed ? StridedMatrix<T>(values.data(), columns, rows).transposed()
                         : StridedMatrix<T>(values.data(), rows, columns);
  }
  static Wide<T> at(const StridedMatrix<T>& x, std::int64_t row, std::int64_t column) {
    return static_cast<Wide<T>>(x.values[row * x.row_stride + column * x.column_stride]);
  }

  // A sum of n products rounds n times, by at most half a unit in the last place of the sum of the magnitudes.
  void compare(const std::vector<T>& found, const StridedMatrix<T>& a, const StridedMatrix<T>& b, T alpha,
               T beta) const {
    constexpr Wide<T> kEpsilon = std::numeric_limits<T>::epsilon() / 2;
    for (std::int64_t row = 0; row < shape_.n_rows; ++row) {
      for (std::int64_t column = 0; column < shape_.n_columns; ++column) {
        const auto place = static_cast<std::size_t>(row * shape_.n_columns + column);
        const Wide<T> before = beta == 0 ? 0 : static_cast<Wide<T>>(beta) * static_cast<Wide<T>>(out_[place]);
        Wide<T> sum = before, magnitude = std::abs(before);
        for (std::int64_t k = 0; k < shape_.depth; ++k) {
          const Wide<T> term = static_cast<Wide<T>>(alpha) * at(a, row, k) * at(b, k, column);
          sum += term, magnitude += std::abs(term);
        }
        const Wide<T> tolerance = kEpsilon * static_cast<Wide<T>>(2 * shape_.depth + 4) * magnitude;
        if (!(std::abs(static_cast<Wide<T>>(found[place]) - sum) <= tolerance)) {
          ADD_FAILURE() << "(" << row << ", " << column << ") is " << found[place] << ", expected " << sum;
          return;
        }
      }
    }
  }

  GemmShape shape_;
  std::vector<T> a_, b_, out_;
};

template <typename T>
class Gemm : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(Gemm, Numbers);

TYPED_TEST(Gemm, EqualsTheReferenceForEveryForm) {
  on_every_target([] {
    for (const GemmShape& shape : {GemmShape{1, 1, 1},
                                   {1, 1, 300},
                                   {1, 17, 5},
                                   {5, 1, 4},
                                   {3, 16, 256},
                                   {13, 33, 257},
                                   {7, 15, 3},
                                   {11, 31, 16},
                                   {12, 32, 64},
                                   {95, 47, 12},
                                   {97, 49, 31},
                                   {193, 8, 515}}) {
      const Problem<TypeParam> problem(shape);
      for (const bool a_transposed : {false, true}) {
        for (const bool b_transposed : {false, true}) {
          problem.run(a_transposed, b_transposed, 1, 0);
          problem.run(a_transposed, b_transposed, -0.75F, 1);
          problem.run(a_transposed, b_transposed, 1, 0.5F);
        }
      }
    }
  });
}

// Every count of rows and columns up to more than a tile: the remainders of all tiles.
TYPED_TEST(Gemm, EqualsTheReferenceForEveryRemainder) {
  on_every_target([] {
    for (std::int64_t n_rows = 0; n_rows <= 25; ++n_rows) {
      for (std::int64_t n_columns = 0; n_columns <= 50; n_columns += n_rows % 2 + 1) {
        const Problem<TypeParam> problem({n_rows, n_columns, 1 + (n_rows + n_columns) % 7});
        problem.run(n_columns % 2 == 1, n_columns % 3 == 1, 1, 0);
        problem.run(n_columns % 2 == 0, n_columns % 3 == 0, 2, 1);
      }
    }
  });
}

TYPED_TEST(Gemm, OfNoDepthScalesTheOutput) {
  on_every_target([] {
    for (const float beta : {0.0F, 1.0F, 0.5F}) Problem<TypeParam>({13, 33, 0}).run(false, false, 1, beta);
  });
}

// An element has the same bits whichever rows and columns are computed with it.
TYPED_TEST(Gemm, SumsEachElementInTheSameOrder) {
  on_every_target([] {
    constexpr std::int64_t kRows = 110, kColumns = 75, kDepth = 521;
    const Problem<TypeParam> problem({kRows, kColumns, kDepth});
    for (const bool a_transposed : {false, true}) {
      problem.run(a_transposed, true, 1, 0);  // large enough for a transposed matrix to be packed
      const StridedMatrix<TypeParam> a = problem.a(a_transposed), b = problem.b(true);
      std::vector<TypeParam> whole(kRows * kColumns);
      gemm(1, a, b, 0, whole.data());
      for (std::int64_t first = 0; first < 26; ++first) {
        const std::int64_t last = first == 25 ? kRows : 2 * first + 1;  // every remainder of every tile
        std::vector<TypeParam> part(static_cast<std::size_t>((last - first) * kColumns));
        gemm(1, a.rows(first, last), b, 0, part.data());
        EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + first * kColumns)) << first << " to " << last;

        std::vector<TypeParam> columns(static_cast<std::size_t>(kRows * 3));
        const std::int64_t column = first % (kColumns - 3);
        gemm(1, a, b.transposed().rows(column, column + 3).transposed(), 0, columns.data());
        for (std::int64_t row = 0; row < kRows; ++row) {
          EXPECT_TRUE(std::equal(columns.begin() + row * 3, columns.begin() + row * 3 + 3,
                                 whole.begin() + row * kColumns + column));
        }
      }
    }
  });
}

TYPED_TEST(Gemm, PropagatesNaNAndInfinityWithinTheirRowOrColumn) {
  on_every_target([] {
    constexpr std::int64_t kRows = 14, kColumns = 19, kDepth = 300;
    constexpr TypeParam kInfinity = std::numeric_limits<TypeParam>::infinity();
    for (const TypeParam special : {std::numeric_limits<TypeParam>::quiet_NaN(), kInfinity}) {
      std::vector<TypeParam> a(kRows * kDepth, 1), b(kDepth * kColumns, 1), out(kRows * kColumns);
      a[3 * kDepth + 290] = special;
      b[7 * kColumns + 18] = special;
      out[5 * kColumns + 2] = special;
      for (const TypeParam beta : {TypeParam{0}, TypeParam{1}}) {
        std::vector<TypeParam> found = out;
        gemm(1, {a.data(), kRows, kDepth}, StridedMatrix(b.data(), kDepth, kColumns), beta, found.data());
        for (std::int64_t row = 0; row < kRows; ++row) {
          for (std::int64_t column = 0; column < kColumns; ++column) {
            const bool is_special = row == 3 || column == 18 || (beta == 1 && row == 5 && column == 2);
            const TypeParam value = found[static_cast<std::size_t>(row * kColumns + column)];
            if (std::isnan(special)) {
              EXPECT_EQ(std::isnan(value), is_special) << row << ", " << column << ", beta " << beta;
            } else {
              EXPECT_EQ(value, is_special ? kInfinity : 300) << row << ", " << column << ", beta " << beta;
            }
          }
        }
      }
      // 0 · infinity and 0 · NaN are NaN: no product is skipped.
      std::fill(b.begin(), b.end(), TypeParam{0});
      std::vector<TypeParam> found = out;
      gemm(1, {a.data(), kRows, kDepth}, StridedMatrix(b.data(), kDepth, kColumns), 0, found.data());
      EXPECT_TRUE(std::isnan(found[3 * kColumns]));
      EXPECT_EQ(found[0], 0);
    }
  });
}

TYPED_TEST(Gemm, ReadsMatricesPackedForAnotherVectorUnit) {
  constexpr std::int64_t kRows = 29, kColumns = 50, kDepth = 270;
  const Problem<TypeParam> problem({kRows, kColumns, kDepth});
  AlignedArray<TypeParam> packed(packed_size<TypeParam>(kDepth, kColumns));
  pack_panels(problem.b(true), 0, panels_of<TypeParam>(kColumns), packed.data());
  on_every_target([&] {
    std::vector<TypeParam> want(kRows * kColumns), found = want;
    gemm(1, problem.a(false), problem.b(true), 0, want.data());
    gemm(1, problem.a(false), PackedPanels<TypeParam>{packed.data(), kDepth, kColumns}, 0, found.data());
    EXPECT_EQ(found, want);
  });
}

TEST(MatrixVector, EqualsTheReference) {
  on_every_target([] {
    for (const auto& [n_rows, width] : {std::pair{1, 1}, {3, 64}, {5, 70}, {256, 129}}) {
      core::Rng rng(7);
      const std::vector<float> matrix = tests::random_normal(rng, n_rows * width);
      const std::vector<float> of_rows = tests::random_normal(rng, n_rows),
                               of_columns = tests::random_normal(rng, width);
      std::vector<float> found(static_cast<std::size_t>(n_rows), kNaN);
      matrix_vector(of_columns.data(), matrix.data(), n_rows, width, found.data());
      const Matrix dense(n_rows, width, matrix);
      tests::reference::expect_close(found, product(dense, Matrix(width, 1, of_columns)), 1e-5, "matrix · vector");

      std::vector<float> sum = of_columns;
      add_weighted_rows(of_rows.data(), matrix.data(), n_rows, width, sum.data());
      Matrix want = product(Matrix(1, n_rows, of_rows), dense);
      for (std::size_t c = 0; c < sum.size(); ++c) want.values[c] += static_cast<double>(of_columns[c]);
      tests::reference::expect_close(sum, want, 1e-5, "weighted rows");
    }
  });
}

}  // namespace
}  // namespace sctab::kernels::cpu
