#include "sctab/augment/explained_variance.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::augment {
namespace {

using sparse::GeneIndex;

constexpr std::int64_t kGenesPerTask = 256;

double ratio(double part, double whole) {
  return whole > 0 ? part / whole : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

VarianceSums::VarianceSums(std::int64_t n_types, std::int64_t n_donors, GeneIndex n_genes)
    : n_genes_(n_genes),
      n_types_(static_cast<std::size_t>(n_types)),
      n_donors_(static_cast<std::size_t>(n_donors)),
      type_sums_(at(n_types_, 0), 0.0),
      donor_sums_(at(n_donors_, 0), 0.0),
      squares_(static_cast<std::size_t>(n_genes), 0.0),
      cells_(n_types_ * n_donors_, 0.0) {}

// Each task adds up a range of genes over all cells: the same sums for any number of threads.
void VarianceSums::add(sparse::CsrView cells, std::span<const std::int32_t> types,
                       std::span<const std::int32_t> donors) {
  SCTAB_ASSERT(cells.n_genes == n_genes_);
  SCTAB_ASSERT(std::ssize(types) == cells.n_cells && std::ssize(donors) == cells.n_cells);
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (donors[i] < 0) continue;
    ++cells_[static_cast<std::size_t>(types[i]) * n_donors_ + static_cast<std::size_t>(donors[i])];
    ++n_cells_;
  }
  kernels::parallel_blocks(n_genes_, kGenesPerTask, [&](std::int64_t first, std::int64_t last) {
    for (std::size_t i = 0; i < types.size(); ++i) {
      if (donors[i] < 0) continue;
      const sparse::RowView row = cells.row(static_cast<sparse::CellIndex>(i));
      double* const of_type = type_sums_.data() + at(static_cast<std::size_t>(types[i]), 0);
      double* const of_donor = donor_sums_.data() + at(static_cast<std::size_t>(donors[i]), 0);
      const auto begin = std::ranges::lower_bound(row.indices, static_cast<GeneIndex>(first));
      for (auto gene = begin; gene != row.indices.end() && *gene < last; ++gene) {
        const auto value = static_cast<double>(row.data[static_cast<std::size_t>(gene - row.indices.begin())]);
        of_type[*gene] += value;
        of_donor[*gene] += value;
        squares_[static_cast<std::size_t>(*gene)] += value * value;
      }
    }
  });
}

/// The three regressions of one gene after another. Types and donors together: donors are eliminated from the normal
/// equations, and what is left is solved by L·D·Lᵀ, where a pivot of zero is an effect that others already span.
class VarianceSums::Regression {
 public:
  explicit Regression(const VarianceSums& sums) : sums_(sums), cells_of_type_(sums.n_types_, 0.0) {
    cells_of_donor_.assign(sums.n_donors_, 0.0);
    for (std::size_t type = 0; type < sums.n_types_; ++type) {
      for (std::size_t donor = 0; donor < sums.n_donors_; ++donor) {
        const double n = sums.cells_[type * sums.n_donors_ + donor];
        cells_of_type_[type] += n;
        cells_of_donor_[donor] += n;
      }
    }
    list_shares();
    factorise();
  }

  struct Squares {
    double total = 0, type = 0, donor = 0, both = 0;
  };
  /// Sums of squares about the mean: all, and what each design explains.
  [[nodiscard]] Squares of_gene(std::size_t gene) const {
    std::vector<double> left(sums_.n_types_);
    Squares squares;
    double sum = 0;
    for (std::size_t type = 0; type < left.size(); ++type) {
      left[type] = sums_.type_sums_[sums_.at(type, gene)];
      sum += left[type];
      if (cells_of_type_[type] > 0) squares.type += left[type] * left[type] / cells_of_type_[type];
    }
    for (std::size_t donor = 0; donor < cells_of_donor_.size(); ++donor) {
      if (cells_of_donor_[donor] == 0) continue;
      const double of_donor = sums_.donor_sums_[sums_.at(donor, gene)];
      squares.donor += of_donor * of_donor / cells_of_donor_[donor];
      for (std::size_t i = begin_of_donor_[donor]; i < begin_of_donor_[donor + 1]; ++i) {
        left[shares_[i].type] -= shares_[i].of_donor * of_donor;
      }
    }
    squares.both = squares.donor + solved(left);
    const double of_mean = sum * sum / static_cast<double>(sums_.n_cells_);
    squares.total = sums_.squares_[gene] - of_mean;
    for (double* part : {&squares.type, &squares.donor, &squares.both}) *part = std::max(0.0, *part - of_mean);
    return squares;
  }

 private:
  static constexpr double kNothing = 1e-10;  // of a type's cells: a pivot that is rounding

  /// One donor's cells of one type.
  struct Share {
    std::size_t type = 0;
    double of_donor = 0;
  };
  [[nodiscard]] double& lower(std::size_t i, std::size_t j) { return lower_[i * sums_.n_types_ + j]; }

  void list_shares() {
    for (std::size_t donor = 0; donor < sums_.n_donors_; ++donor) {
      for (std::size_t type = 0; type < sums_.n_types_; ++type) {
        const double n = sums_.cells_[type * sums_.n_donors_ + donor];
        if (n > 0) shares_.push_back({type, n / cells_of_donor_[donor]});
      }
      begin_of_donor_.push_back(shares_.size());
    }
  }

  void factorise() {
    const std::size_t n = sums_.n_types_;
    lower_.assign(n * n, 0.0);
    pivots_.assign(n, 0.0);
    for (std::size_t i = 0; i < n; ++i) lower(i, i) = cells_of_type_[i];
    for (std::size_t donor = 0; donor < sums_.n_donors_; ++donor) {
      for (std::size_t a = begin_of_donor_[donor]; a < begin_of_donor_[donor + 1]; ++a) {
        for (std::size_t b = begin_of_donor_[donor]; b <= a; ++b) {
          lower(shares_[a].type, shares_[b].type) -= cells_of_donor_[donor] * shares_[a].of_donor * shares_[b].of_donor;
        }
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        for (std::size_t k = 0; k < j; ++k) lower(i, j) -= lower(i, k) * lower(j, k) * pivots_[k];
        if (j < i) lower(i, j) = pivots_[j] > 0 ? lower(i, j) / pivots_[j] : 0;
      }
      pivots_[i] = lower(i, i) > kNothing * cells_of_type_[i] ? lower(i, i) : 0;
    }
  }

  /// rᵀ S⁻ r.
  [[nodiscard]] double solved(std::vector<double>& r) const {
    double sum = 0;
    for (std::size_t i = 0; i < r.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) r[i] -= lower_[i * r.size() + j] * r[j];
      if (pivots_[i] > 0) sum += r[i] * r[i] / pivots_[i];
    }
    return sum;
  }

  const VarianceSums& sums_;
  std::vector<double> cells_of_type_, cells_of_donor_;
  std::vector<Share> shares_;  // those above 0, by donor
  std::vector<std::size_t> begin_of_donor_{0};
  std::vector<double> lower_, pivots_;  // of the types' equations once donors are eliminated
};

ExplainedVariance VarianceSums::explained() const {
  constexpr double kConstant = 1e-12;  // of a gene's sum of squares: a variance that is rounding
  const Regression regression(*this);
  std::vector<Regression::Squares> genes(static_cast<std::size_t>(n_genes_));
  kernels::parallel_blocks(n_genes_, kGenesPerTask, [&](std::int64_t first, std::int64_t last) {
    for (auto gene = static_cast<std::size_t>(first); std::cmp_less(gene, last); ++gene) {
      genes[gene] = regression.of_gene(gene);
    }
  });
  Regression::Squares all, mean;
  double n_varying = 0;
  for (std::size_t gene = 0; gene < genes.size(); ++gene) {
    const Regression::Squares& of_gene = genes[gene];
    if (!(of_gene.total > kConstant * squares_[gene])) continue;
    ++n_varying;
    all.total += of_gene.total;
    for (const auto part : {&Regression::Squares::type, &Regression::Squares::donor, &Regression::Squares::both}) {
      all.*part += of_gene.*part;
      mean.*part += of_gene.*part / of_gene.total;
    }
  }
  const auto r_squared = [&](double Regression::Squares::*part) {
    return RSquared{ratio(all.*part, all.total), ratio(mean.*part, n_varying)};
  };
  return {r_squared(&Regression::Squares::type), r_squared(&Regression::Squares::donor),
          r_squared(&Regression::Squares::both)};
}

}  // namespace sctab::augment
