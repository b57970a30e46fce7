#include "lab/experiments/run_loader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/thread_pool.hpp"

namespace sctab::experiments {
namespace {

void drop_from_page_cache(const store::Store& store) {
  for (const store::Shard& shard : store.shards(store::Split::kTrain)) {
    const int descriptor = ::open((store.directory() / shard.file).c_str(), O_RDONLY);
    if (descriptor < 0) continue;
    static_cast<void>(::fdatasync(descriptor));
    static_cast<void>(::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED));
    static_cast<void>(::close(descriptor));
  }
}

std::int64_t read_epoch(store::Loader& loader, std::int64_t epoch) {
  std::int64_t n_cells = 0;
  loader.start(epoch);
  for (store::Batch batch; loader.next(batch);) {
    core::check_interrupt();
    n_cells += batch.x.n_cells;
  }
  return n_cells;
}

}  // namespace

int loader_threads(const ModelSpec& model) {
  return model.loader->threads > 0 ? model.loader->threads : core::default_threads();
}

double loader_rate(const store::Store& store, const ModelSpec& model, std::uint64_t seed) {
  store::LoaderOptions options = *model.loader;
  options.seed = seed;
  store::Loader loader(store, store::Split::kTrain, options);
  read_epoch(loader, 0);
  if (model.cold) drop_from_page_cache(store);
  const auto start = std::chrono::steady_clock::now();
  const std::int64_t n_cells = read_epoch(loader, 1);
  return static_cast<double>(n_cells) / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace sctab::experiments
