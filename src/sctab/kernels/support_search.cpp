#include "sctab/kernels/support_search.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "sctab/kernels/cpu/simplex.hpp"

namespace sctab::kernels {

SupportSearch::Room SupportSearch::room() {
  const std::size_t needed = size_ + static_cast<std::size_t>(2 * cpu::kVectorRoom);
  if (needed > genes_.size()) {
    genes_.resize(std::max(needed, 2 * limit_));
    scores_.resize(genes_.size());
  }
  return {genes_.data() + size_, scores_.data() + size_};
}

std::size_t SupportSearch::without_used(std::size_t n) {
  std::size_t kept = size_;
  for (std::size_t i = size_; i < size_ + n; ++i) {
    while (next_used_ < used_.size() && used_[next_used_] < genes_[i]) ++next_used_;
    if (next_used_ < used_.size() && used_[next_used_] == genes_[i]) continue;
    genes_[kept] = genes_[i];
    scores_[kept++] = scores_[i];
  }
  return kept - size_;
}

void SupportSearch::offered(std::size_t n) {
  if (!finite_) return;
  size_ += used_.empty() ? n : without_used(n);
  if (size_ >= limit_) tighten();
}

void SupportSearch::add(sparse::GeneIndex gene, float score) {
  if (!std::isfinite(score)) finite_ = false;
  if (!finite_ || score <= threshold_) return;
  const Room next = room();
  *next.genes = gene;
  *next.scores = score;
  if (++size_ >= limit_) tighten();
}

void SupportSearch::tighten() {
  finite_ = cpu::all_finite(weights());
  if (!finite_) return;
  threshold_ = simplex_threshold_bound(simplex_, weights(), threshold_);
  keep_above(threshold_);
  limit_ = std::max(limit_, 2 * size_);
}

void SupportSearch::keep_above(float limit) {
  size_ =
      static_cast<std::size_t>(cpu::keep_above(genes_.data(), scores_.data(), static_cast<std::int64_t>(size_), limit));
}

void SupportSearch::sort_by_gene() {
  std::vector<std::pair<sparse::GeneIndex, float>> entries(size_);
  for (std::size_t i = 0; i < entries.size(); ++i) entries[i] = {genes_[i], scores_[i]};
  std::sort(entries.begin(), entries.end());
  for (std::size_t i = 0; i < entries.size(); ++i) std::tie(genes_[i], scores_[i]) = entries[i];
}

void SupportSearch::solve() {
  if (finite_) finite_ = cpu::all_finite(weights());
  if (!finite_ || size_ == 0) {
    size_ = 1;
    genes_.assign(1, 0);
    scores_.assign(1, std::numeric_limits<float>::quiet_NaN());
    return;
  }
  const float bound = simplex_threshold_bound(simplex_, weights(), threshold_);
  const float largest_score = std::max(std::abs(cpu::largest_of(weights())), std::abs(bound));
  keep_above(bound);
  simplex_project(simplex_, std::span(scores_).first(size_));
  keep_above(0);
  condition_ = simplex_condition(simplex_, weights(), largest_score);
  if (!used_.empty()) sort_by_gene();
}

}  // namespace sctab::kernels
