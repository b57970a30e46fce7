#include "sctab/train/train.hpp"

#include "sctab/core/error.hpp"
#include "sctab/kernels/backend.hpp"
#include "sctab/train/train_baseline.hpp"
#include "sctab/train/train_kinds.hpp"
#include "sctab/train/train_networks.hpp"

namespace sctab::train {

TrainResult train(const store::Store& store, const TrainOptions& options, const std::filesystem::path& out) {
  (void)kernels::backend(options.device);  // refused before anything is made
  check(options);
  if (!options.kind) return train_networks(store, options, out);
  const TrainKind* kind = find_train_kind(*options.kind);
  SCTAB_ASSERT(kind != nullptr);
  return kind->fit == nullptr ? train_networks(store, options, out) : train_baseline(store, options, *kind->fit, out);
}

}  // namespace sctab::train
