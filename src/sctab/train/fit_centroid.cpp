#include <algorithm>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/store/reader_threads.hpp"
#include "sctab/train/train_kinds.hpp"

namespace sctab::train {
namespace {

constexpr double kLeastVariance = 1e-12;  // of a gene: where all cells of each type are the same

/// Sums over cells: gene-major for the products, in double.
struct ProfileSums {
  std::vector<double> by_gene;  // n_genes × n_types
  std::vector<double> n_cells;  // of each type
  double sum_of_squares = 0;    // of all values of all cells
};

ProfileSums sum_profiles(const Corpus& corpus) {
  const auto n_types = static_cast<std::size_t>(corpus.size.n_types());
  ProfileSums sums{std::vector<double>(static_cast<std::size_t>(corpus.size.n_genes) * n_types),
                   std::vector<double>(n_types)};
  store::Loader loader(corpus.store, store::Split::kTrain,
                       {.shuffle = false, .threads = store::reader_threads(corpus.threads)});
  core::Progress progress("mean profiles", corpus.size.n_train);
  for (store::Batch batch; loader.next(batch); progress.advance(batch.x.n_cells)) {
    core::check_interrupt();
    for (core::CellIndex cell = 0; cell < batch.x.n_cells; ++cell) {
      const auto type = static_cast<std::size_t>(batch.cell_types[static_cast<std::size_t>(cell)]);
      const sparse::RowView row = batch.x.row(cell);
      for (std::size_t i = 0; i < row.indices.size(); ++i) {
        const auto value = static_cast<double>(row.data[i]);
        sums.by_gene[static_cast<std::size_t>(row.indices[i]) * n_types + type] += value;
        sums.sum_of_squares += value * value;
      }
      sums.n_cells[type] += 1;
    }
  }
  progress.finish();
  return sums;
}

}  // namespace

/// The nearest centroid, a lower bound for everything else: the mean log-normalised profile of each type over its
/// training cells. A cell's probabilities are those of equally frequent types that scatter around their centroids as
/// normal noise with one variance for all genes, that of the training cells.
Fitted fit_centroid(const Corpus& corpus, const TrainOptions& /*options*/) {
  ProfileSums sums = sum_profiles(corpus);
  const auto n_types = sums.n_cells.size();
  std::vector<double> squared_length(n_types, 0.0);
  for (std::size_t i = 0; i < sums.by_gene.size(); ++i) {
    const std::size_t type = i % n_types;
    if (sums.n_cells[type] > 0) sums.by_gene[i] /= sums.n_cells[type];
    squared_length[type] += sums.by_gene[i] * sums.by_gene[i];
  }
  double within = sums.sum_of_squares;
  for (std::size_t type = 0; type < n_types; ++type) within -= sums.n_cells[type] * squared_length[type];
  const auto n_values = static_cast<double>(corpus.size.n_train) * static_cast<double>(corpus.size.n_genes);
  const double variance = std::max(kLeastVariance, within / n_values);

  // −|x − c|² / 2v, less −|x|² / 2v, which all types share: x · c / v − |c|² / 2v.
  std::vector<float> weight(sums.by_gene.size()), bias(n_types), cells(n_types);
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = static_cast<float>(sums.by_gene[i] / variance);
  for (std::size_t type = 0; type < n_types; ++type) {
    bias[type] = static_cast<float>(-squared_length[type] / (2 * variance));
    cells[type] = static_cast<float>(sums.n_cells[type]);
  }
  Fitted fitted;
  const auto types = static_cast<std::int64_t>(n_types);
  fitted.arrays.add("weight", {corpus.size.n_genes, types}, std::move(weight));
  fitted.arrays.add("bias", {types}, std::move(bias));
  fitted.arrays.add("cells_per_type", {types}, std::move(cells));
  fitted.facts = {{"variance_around_centroids", variance}};
  return fitted;
}

}  // namespace sctab::train
