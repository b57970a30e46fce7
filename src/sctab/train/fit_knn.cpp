#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstring>
#include <vector>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/linalg/pca.hpp"
#include "sctab/model/model_arrays.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/store/reader_threads.hpp"
#include "sctab/train/train_kinds.hpp"

namespace sctab::train {
namespace {

constexpr core::CellIndex kManyCells = 1'000'000;  // beyond, a model of 1 kB a cell is slow to search

void warn_of_many_cells(const Corpus& corpus) {
  if (corpus.size.n_train <= kManyCells) return;
  spdlog::warn(
      "warning: knn: the model holds all {} training cells, and each cell to label is compared with all of them; "
      "`sctab corpus subsample` makes a smaller store",
      core::format_count(corpus.size.n_train));
}

}  // namespace

/// k nearest neighbours on principal components, the baseline of reference mapping: nothing is learnt but the
/// components, and the model holds every training cell, 4 bytes a component.
Fitted fit_knn(const Corpus& corpus, const TrainOptions& options) {
  warn_of_many_cells(corpus);
  const linalg::Pca pca =
      linalg::fit_pca(corpus.store, {.n_components = *options.components, .seed = corpus.seed}, corpus.threads);
  std::vector<float> reference;
  std::vector<core::TypeIndex> types;
  reference.reserve(static_cast<std::size_t>(corpus.size.n_train * pca.n_components));
  store::Loader loader(corpus.store, store::Split::kTrain,
                       {.shuffle = false, .threads = store::reader_threads(corpus.threads)});
  core::Progress progress("projecting training cells", corpus.size.n_train);
  for (store::Batch batch; loader.next(batch); progress.advance(batch.x.n_cells)) {
    core::check_interrupt();
    const std::vector<float> components = pca.project(batch.x.view());
    reference.insert(reference.end(), components.begin(), components.end());
    types.insert(types.end(), batch.cell_types.begin(), batch.cell_types.end());
  }
  progress.finish();

  Fitted fitted;
  model::add_pca(pca, fitted.arrays);
  fitted.n_components = pca.n_components;
  fitted.facts = {{"reference_cells", types.size()}, {"neighbours", *options.neighbours}};
  fitted.arrays.add("reference", {std::ssize(types), pca.n_components}, std::move(reference));
  std::vector<std::uint8_t> bytes(types.size() * sizeof(core::TypeIndex));
  std::memcpy(bytes.data(), types.data(), bytes.size());
  fitted.arrays.add_bytes("types", std::move(bytes));
  fitted.arrays.add("neighbours", {1}, {static_cast<float>(*options.neighbours)});
  return fitted;
}

}  // namespace sctab::train
