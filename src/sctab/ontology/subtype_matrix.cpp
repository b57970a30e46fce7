#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::ontology {

SubtypeMatrix::SubtypeMatrix(const Ontology& ontology, std::span<const TermIndex> labels)
    : n_(labels.size()), rows_(n_ * n_, 0) {
  std::vector<std::vector<std::size_t>> labels_of_term(static_cast<std::size_t>(ontology.size()));
  for (std::size_t label = 0; label < n_; ++label) {
    rows_[label * n_ + label] = 1;
    if (labels[label] >= 0) labels_of_term.at(static_cast<std::size_t>(labels[label])).push_back(label);
  }
  for (std::size_t child = 0; child < n_; ++child) {
    if (labels[child] < 0) continue;
    const auto mark = [&](TermIndex term) {
      for (const std::size_t parent : labels_of_term[static_cast<std::size_t>(term)]) rows_[parent * n_ + child] = 1;
    };
    mark(labels[child]);
    for (const TermIndex above : ontology.ancestors(labels[child])) mark(above);
  }
}

SubtypeMatrix::SubtypeMatrix(std::size_t n, std::vector<std::uint8_t> rows) : n_(n), rows_(std::move(rows)) {
  SCTAB_ASSERT(rows_.size() == n * n);
  for (std::size_t label = 0; label < n; ++label) SCTAB_ASSERT(rows_[label * n + label] != 0);
}

}  // namespace sctab::ontology
