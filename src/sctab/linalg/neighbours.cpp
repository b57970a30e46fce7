#include "sctab/linalg/neighbours.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/kernels/aligned_array.hpp"
#include "sctab/kernels/cpu/gemm.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::linalg {
namespace {

namespace cpu = kernels::cpu;
using core::CellIndex;

constexpr std::int64_t kReferenceCellsPerTask = 4096;
// A task multiplies this many reference rows with its queries at a time: 256 kB of products, which stay in the
// second-level cache until they are looked at. The queries are packed once, the reference never.
constexpr std::int64_t kQueriesPerTask = 64, kReferencePerBlock = 1024;
constexpr std::int64_t kPerLook = 32;  // products compared at once
constexpr std::size_t kRoom = 64;      // candidates to gather on top of k before distances are computed

constexpr double kUnderflow = std::numeric_limits<float>::min();  // the error of a product too small for a float
constexpr float kInfinite = std::numeric_limits<float>::infinity();

/// A bound on the error of |a|² + |b|² − 2 a·b in float, as a share of |a|² + |b|²: `width` roundings of the product,
/// summed in any order, and a few of the rest.
double error_share(std::int64_t width) {
  return 1.01 * static_cast<double>(width + 8) * 0x1p-24;
}

double squared_length(std::span<const float> row) {
  double sum = 0;
  for (const float value : row) sum += static_cast<double>(value) * static_cast<double>(value);
  return sum;
}

double squared_distance(const float* a, const float* b, std::int64_t width) {
  double sum = 0;
  for (std::int64_t i = 0; i < width; ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += difference * difference;
  }
  return sum;
}

/// Row i of a matrix.
std::span<const float> row_of(std::span<const float> rows, std::int64_t width, std::int64_t i) {
  return rows.subspan(static_cast<std::size_t>(i * width), static_cast<std::size_t>(width));
}

void require_finite(std::span<const float> rows, std::int64_t width, const char* matrix) {
  const auto bad = std::ranges::find_if(rows, [](float value) { return !std::isfinite(value); });
  if (bad == rows.end()) return;
  throw core::InputError({.matrix = matrix,
                          .cell = std::to_string((bad - rows.begin()) / width),
                          .found = fmt::format("the value {}", *bad),
                          .expected = "finite numbers"});
}

/// The k nearest of the rows offered so far. Rows come in ascending order.
class Nearest {
 public:
  Nearest(const float* query, const float* reference, std::int64_t width, std::size_t k, double error)
      : query_(query),
        reference_(reference),
        width_(width),
        k_(k),
        lower_bound_((1 - error) * squared_length({query, static_cast<std::size_t>(width)}) -
                     kUnderflow * static_cast<double>(width)) {
    found_.reserve(2 * k + kRoom);
  }

  /// Rows may be near where products − 2 · query · row plus the row's offset are not above this.
  [[nodiscard]] float limit() const { return limit_; }
  void offer(CellIndex row) {
    found_.push_back({0, row});
    if (found_.size() == found_.capacity()) settle();
  }
  /// Computes the distances of the rows gathered, and keeps the k nearest.
  void settle() {
    for (std::size_t i = settled_; i < found_.size(); ++i) {
      found_[i].first = squared_distance(query_, reference_ + found_[i].second * width_, width_);
    }
    std::ranges::sort(found_);
    if (found_.size() > k_) found_.resize(k_);
    settled_ = found_.size();
    if (settled_ == k_) limit_ = std::nextafter(static_cast<float>(found_.back().first - lower_bound_), kInfinite);
  }
  [[nodiscard]] const std::vector<std::pair<double, CellIndex>>& found() const { return found_; }

 private:
  const float* query_;
  const float* reference_;
  std::int64_t width_;
  std::size_t k_;
  double lower_bound_;  // of the query's squared length, less the error of a float product
  float limit_ = kInfinite;
  std::size_t settled_ = 0;
  std::vector<std::pair<double, CellIndex>> found_;  // distance and row
};

/// NaN and infinity are not far: sums that overflow on the way have the sign of what overflowed, not of the sum.
bool is_far(float product_and_offset, float limit) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  return product_and_offset > limit && product_and_offset <= kLargest;
}

/// The neighbours of a task's queries.
class QueryBlock {
 public:
  QueryBlock(std::span<const float> queries, std::span<const float> reference, std::int64_t width, std::int64_t k)
      : n_queries_(std::ssize(queries) / width),
        reference_(reference.data(), std::ssize(reference) / width, width),
        packed_(static_cast<std::size_t>(cpu::packed_size<float>(width, n_queries_))),
        products_(static_cast<std::size_t>(kReferencePerBlock * n_queries_)),
        limits_(static_cast<std::size_t>(n_queries_), kInfinite) {
    cpu::pack_panels(cpu::StridedMatrix(queries.data(), n_queries_, width).transposed(), 0,
                     cpu::panels_of<float>(n_queries_), packed_.data());
    nearest_.reserve(limits_.size());
    for (std::int64_t query = 0; query < n_queries_; ++query) {
      nearest_.emplace_back(queries.data() + query * width, reference.data(), width, static_cast<std::size_t>(k),
                            error_share(width));
    }
  }

  /// Reference rows [first, last), which follow those looked at before.
  void look_at(CellIndex first, CellIndex last, const float* offsets) {
    const cpu::PackedPanels<float> queries{packed_.data(), reference_.n_columns, n_queries_};
    cpu::gemm(-2, reference_.rows(first, last), queries, 0, products_.data());
    for (CellIndex row = first; row < last; ++row) {
      offer_near(products_.data() + (row - first) * n_queries_, offsets[row], row);
    }
  }
  std::vector<Nearest>& nearest() { return nearest_; }

 private:
  /// Offers a row to the queries that it may be near. products: −2 · query · row, one per query.
  void offer_near(const float* products, float offset, CellIndex row) {
    for (std::int64_t begin = 0; begin < n_queries_; begin += kPerLook) {
      const std::int64_t end = std::min(begin + kPerLook, n_queries_);
      int n_near = 0;
      for (std::int64_t i = begin; i < end; ++i) n_near += is_far(products[i] + offset, limits_[at(i)]) ? 0 : 1;
      for (std::int64_t i = begin; n_near > 0 && i < end; ++i) {
        if (is_far(products[i] + offset, limits_[at(i)])) continue;
        nearest_[at(i)].offer(row);
        limits_[at(i)] = nearest_[at(i)].limit();
      }
    }
  }
  static std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

  std::int64_t n_queries_;
  cpu::StridedMatrix<float> reference_;
  kernels::AlignedArray<float> packed_;  // the queries
  std::vector<float> products_;          // reference rows × queries
  std::vector<float> limits_;            // of each query, contiguous for vector comparison
  std::vector<Nearest> nearest_;
};

}  // namespace

NeighbourSearch::NeighbourSearch(std::span<const float> reference, std::int64_t width)
    : reference_(reference), width_(width) {
  SCTAB_ASSERT(width >= 1 && !reference.empty() && std::ssize(reference) % width == 0);
  require_finite(reference, width, "reference");
  offsets_.resize(reference.size() / static_cast<std::size_t>(width));
  kernels::parallel_blocks(n_reference(), kReferenceCellsPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      offsets_[static_cast<std::size_t>(row)] =
          static_cast<float>((1 - error_share(width)) * squared_length(row_of(reference_, width, row)));
    }
  });
}

Neighbours NeighbourSearch::find(std::span<const float> queries, std::int64_t k) const {
  SCTAB_ASSERT(k >= 1 && std::ssize(queries) % width_ == 0);
  require_finite(queries, width_, "queries");
  const std::int64_t n_queries = std::ssize(queries) / width_;
  Neighbours result{std::min(k, n_reference()), {}, {}};
  result.index.resize(static_cast<std::size_t>(n_queries * result.k));
  result.squared_distance.resize(result.index.size());
  kernels::parallel_blocks(n_queries, kQueriesPerTask, [&](std::int64_t first, std::int64_t last) {
    QueryBlock block(
        queries.subspan(static_cast<std::size_t>(first * width_), static_cast<std::size_t>((last - first) * width_)),
        reference_, width_, result.k);
    for (CellIndex begin = 0; begin < n_reference(); begin += kReferencePerBlock) {
      core::check_interrupt();
      block.look_at(begin, std::min(begin + kReferencePerBlock, n_reference()), offsets_.data());
    }
    auto at = static_cast<std::size_t>(first * result.k);
    for (Nearest& of_query : block.nearest()) {
      of_query.settle();
      for (const auto& [distance, row] : of_query.found()) {
        result.index[at] = row;
        result.squared_distance[at++] = static_cast<float>(distance);
      }
    }
  });
  return result;
}

}  // namespace sctab::linalg
