#include "sctab/kernels/support_search.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace sctab::kernels {

void SupportSearch::offer(sparse::GeneIndex first_gene, std::span<const float> scores) {
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] <= threshold_) continue;
    const sparse::GeneIndex gene = first_gene + static_cast<sparse::GeneIndex>(i);
    while (next_used_ < used_.size() && used_[next_used_] < gene) ++next_used_;
    if (next_used_ < used_.size() && used_[next_used_] == gene) continue;
    add(gene, scores[i]);
  }
}

void SupportSearch::add(sparse::GeneIndex gene, float score) {
  if (!std::isfinite(score)) finite_ = false;
  if (!finite_ || score <= threshold_) return;
  genes_.push_back(gene);
  scores_.push_back(score);
  if (scores_.size() < capacity_) return;
  threshold_ = simplex_threshold_bound(simplex_, scores_, threshold_);
  keep_above(threshold_);
  capacity_ = std::max(capacity_, 2 * scores_.size());
}

void SupportSearch::keep_above(float limit) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < scores_.size(); ++i) {
    if (!(scores_[i] > limit)) continue;
    genes_[kept] = genes_[i];
    scores_[kept++] = scores_[i];
  }
  genes_.resize(kept);
  scores_.resize(kept);
}

void SupportSearch::sort_by_gene() {
  std::vector<std::pair<sparse::GeneIndex, float>> entries(genes_.size());
  for (std::size_t i = 0; i < entries.size(); ++i) entries[i] = {genes_[i], scores_[i]};
  std::sort(entries.begin(), entries.end());
  for (std::size_t i = 0; i < entries.size(); ++i) std::tie(genes_[i], scores_[i]) = entries[i];
}

void SupportSearch::solve() {
  if (!finite_ || scores_.empty()) {
    genes_.assign(1, 0);
    scores_.assign(1, std::numeric_limits<float>::quiet_NaN());
    return;
  }
  simplex_project(simplex_, scores_);
  keep_above(0);
  if (!used_.empty()) sort_by_gene();
}

}  // namespace sctab::kernels
