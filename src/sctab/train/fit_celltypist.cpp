#include "sctab/train/fit_celltypist.hpp"
#include "sctab/core/numbers.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/linalg/gene_moments.hpp"
#include "sctab/model/type_scores.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/store/reader_threads.hpp"
#include "sctab/train/one_vs_rest_sgd.hpp"

namespace sctab::train {
namespace {

constexpr std::int64_t kFewestCells = 10'000;  // CellTypist's own bound, below which it advises against mini-batches

void warn_of_few_cells(const Corpus& corpus) {
  if (corpus.size.n_train >= kFewestCells) return;
  spdlog::warn(
      "warning: celltypist: there are {} training cells, and with fewer than {} mini-batch descent scatters: other "
      "seeds may give other calls; compare a few --seed, or train an ensemble with --members",
      core::format_count(corpus.size.n_train), core::format_count(kFewestCells));
}

/// 1 / standard deviation of each gene over the training cells; 0 for a gene that none expresses.
std::vector<float> gene_factors(const Corpus& corpus) {
  linalg::GeneMoments moments(corpus.store.genes().size());
  store::Loader loader(corpus.store, store::Split::kTrain,
                       {.shuffle = false, .threads = store::reader_threads(corpus.threads)});
  core::Progress progress("standard deviations", corpus.size.n_train);
  for (store::Batch batch; loader.next(batch); progress.advance(batch.x.n_cells)) {
    core::check_interrupt();
    moments.add(batch.x.view());
  }
  progress.finish();
  const std::vector<double> mean = moments.mean(), variance = moments.variance();
  std::vector<float> factors(mean.size());
  for (std::size_t gene = 0; gene < factors.size(); ++gene) {
    if (mean[gene] == 0) continue;
    factors[gene] = variance[gene] > 0 ? static_cast<float>(1 / std::sqrt(variance[gene])) : 1;
  }
  return factors;
}

/// One round of training: so many epochs, each over cells of its own where the corpus has more than an epoch takes.
OneVsRestSgd train_round(const Corpus& corpus, const CelltypistOptions& options, std::span<const float> factors,
                         const model::CellsPerType& cells, std::int64_t first_epoch) {
  OneVsRestSgd classifier(corpus.store.genes().size(), cells, options.alpha);
  store::Loader loader(
      corpus.store, store::Split::kTrain,
      {.batch_size = options.batch_size, .seed = corpus.seed, .threads = store::reader_threads(corpus.threads)});
  const std::int64_t n_batches = std::min(options.batches_per_epoch, loader.n_batches());
  core::Progress progress(first_epoch == 0 ? "selecting genes" : "training on them", n_batches * options.epochs,
                          "batches");
  sparse::CsrMatrix scaled;
  for (std::int64_t epoch = first_epoch; epoch < first_epoch + options.epochs; ++epoch) {
    loader.start(epoch);
    store::Batch batch;
    for (std::int64_t i = 0; i < n_batches && loader.next(batch); ++i) {
      core::check_interrupt();
      model::scale_cells(batch.x.view(), factors, scaled);
      classifier.learn(scaled.view(), batch.cell_types);
      progress.advance();
    }
  }
  progress.finish();
  return classifier;
}

}  // namespace

std::vector<bool> select_genes(const std::vector<float>& weight, const std::vector<float>& cells_per_type,
                               std::int64_t top) {
  const std::size_t n_types = cells_per_type.size(), n_genes = weight.size() / n_types;
  const auto kept = static_cast<std::ptrdiff_t>(std::min(n_genes, static_cast<std::size_t>(top)));
  std::vector<bool> selected(n_genes, false);
  std::vector<std::size_t> order(n_genes);
  for (std::size_t type = 0; type < n_types; ++type) {
    if (!(cells_per_type[type] > 0)) continue;
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto is_before = [&](std::size_t a, std::size_t b) {
      const float left = std::abs(weight[a * n_types + type]), right = std::abs(weight[b * n_types + type]);
      return left != right ? left > right : a < b;
    };
    std::ranges::nth_element(order, order.begin() + kept, is_before);
    std::for_each(order.begin(), order.begin() + kept, [&](std::size_t gene) { selected[gene] = true; });
  }
  return selected;
}

Fitted fit_celltypist(const Corpus& corpus, const TrainOptions& /*options*/) {
  return fit_celltypist(corpus, CelltypistOptions());
}

Fitted fit_celltypist(const Corpus& corpus, const CelltypistOptions& options) {
  warn_of_few_cells(corpus);
  model::CellsPerType cells(corpus.size.cells_per_type.begin(), corpus.size.cells_per_type.end());
  std::vector<float> factors = gene_factors(corpus);
  const std::vector<float> first = train_round(corpus, options, factors, cells, 0).weight();
  const std::vector<bool> selected = select_genes(first, cells, options.top_genes);
  for (std::size_t gene = 0; gene < factors.size(); ++gene) {
    if (!selected[gene]) factors[gene] = 0;
  }
  const OneVsRestSgd classifier = train_round(corpus, options, factors, cells, options.epochs);

  const std::int64_t n_types = corpus.size.n_types();
  Fitted fitted;
  fitted.facts = {{"genes_selected", std::ranges::count(selected, true)},
                  {"epochs", options.epochs},
                  {"batch_size", options.batch_size},
                  {"batches_per_epoch", options.batches_per_epoch},
                  {"top_genes", options.top_genes},
                  {"alpha", options.alpha}};
  fitted.arrays.add("factor", {corpus.size.n_genes}, std::move(factors));
  fitted.arrays.add("weight", {corpus.size.n_genes, n_types}, classifier.weight());
  fitted.arrays.add("bias", {n_types}, classifier.bias());
  fitted.arrays.add("cells_per_type", {n_types}, std::move(cells));
  return fitted;
}

}  // namespace sctab::train
