#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "sctab/store/loader.hpp"
#include "stages.hpp"

namespace sctab::bench {
namespace {

void drop_from_page_cache(const store::Store& opened) {
  for (const store::Shard& shard : opened.shards(store::Split::kTrain)) {
    const int descriptor = ::open((opened.directory() / shard.file).c_str(), O_RDONLY);
    if (descriptor < 0) continue;
    static_cast<void>(::fdatasync(descriptor));
    static_cast<void>(::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED));
    static_cast<void>(::close(descriptor));
  }
}

/// The best of some epochs: a background write of another program is not the loader's.
double best_rate(const store::Store& opened, store::Loader& loader, const Settings& settings, bool cold) {
  double best = 0;
  for (std::int64_t epoch = 0; epoch < settings.loader_epochs; ++epoch) {
    if (cold) drop_from_page_cache(opened);
    const auto start = std::chrono::steady_clock::now();
    std::int64_t n_cells = 0;
    loader.start(epoch);
    for (store::Batch batch; loader.next(batch);) n_cells += batch.x.n_cells;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::max(best, static_cast<double>(n_cells) / seconds);
  }
  return best;
}

}  // namespace

nlohmann::json loader_stage(const Settings& settings) {
  const auto opened = store::Store::open(settings.store());
  store::Loader loader(opened, store::Split::kTrain, {.batch_size = settings.batch_size, .threads = settings.threads});
  for (store::Batch batch; loader.next(batch);) continue;  // fills the loader's memory
  const double cold = best_rate(opened, loader, settings, true);
  return {{"loader_cells_per_s", cold}, {"loader_warm_cells_per_s", best_rate(opened, loader, settings, false)}};
}

}  // namespace sctab::bench
