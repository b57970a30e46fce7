#include "sctab/store/loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <future>
#include <optional>
#include <utility>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/require.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/store/batch_assembly.hpp"
#include "sctab/store/epoch_plan.hpp"
#include "sctab/store/shard_reader.hpp"

namespace sctab::store {

/// In the mean; a window of such cells alone still fits into memory, for cells are kept once.
constexpr double kMostCopies = 1000;

void LoaderOptions::validate() const {
  using core::require;
  require(batch_size >= 1, "batch_size", batch_size, "at least 1");
  require(world_size >= 1, "world_size", world_size, "at least 1");
  require(rank >= 0 && rank < world_size, "rank", rank, fmt::format("0 to {}", world_size - 1));
  require(threads >= 0, "threads", threads, "0 (all) or more");
  require(rows_per_block >= 1 && rows_per_block <= (1 << 20), "rows_per_block", rows_per_block, "1 to 1048576");
  require(batch_size <= (1 << 24), "batch_size", batch_size, "at most 16777216");
  require(blocks_per_window >= 1 && blocks_per_window <= (1 << 20), "blocks_per_window", blocks_per_window,
          "1 to 1048576");
  for (const double copies : copies_per_type) {
    require(copies >= 0 && copies <= kMostCopies, "copies_per_type", copies, fmt::format("0 to {}", kMostCopies));
  }
}

/// Cells of a batch that one task fills in: some half a millisecond.
constexpr CellIndex kCellsPerTask = 256;
/// Batches being filled, for any number of threads: all of them work on one batch, so more would only take memory.
constexpr std::int64_t kBatchesAhead = 2;

/// The pipeline. This thread hands out small tasks in a fixed order: what reads a window, then what fills its batches,
/// with the reading of the next window between them. The pool runs tasks in that order, and a task waits only for tasks
/// before it, so the work never locks up, for any number of threads. Two windows are in memory at a time.
struct Loader::State {
  struct Prepared {
    BatchSource source;
    Batch batch;
    std::vector<std::shared_future<void>> filled;
    void wait() {
      for (const auto& task : filled) task.wait();
    }
  };

  State(const Store& store, Split split, LoaderOptions options_);
  ~State() { drain(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void start(std::int64_t epoch, std::int64_t batch);
  bool next(Batch& batch);
  void drain();
  void submit_ahead();
  void submit_reads(std::int64_t window, std::int64_t part, std::int64_t of_parts);
  void submit_reads_of_next_window(std::int64_t batch, std::int64_t window);
  void submit_batch(std::int64_t batch);
  DecodedWindow& slot(std::int64_t window) { return windows[static_cast<std::size_t>(window % 2)]; }

  SplitReader reader;
  std::vector<std::int32_t> cell_types;
  GeneIndex n_genes;
  LoaderOptions options;
  std::optional<EpochPlan> plan;
  std::int64_t n_batches = 0;  // of the epoch that was started, even if it failed
  CellIndex n_cells = 0;
  std::array<DecodedWindow, 2> windows;
  std::deque<std::unique_ptr<Prepared>> prepared;  // in order; the first is the next to be given out
  std::vector<std::unique_ptr<Prepared>> unused;   // for their memory
  std::int64_t last_window = 0, next_batch = 0;    // the last window begun, the batch to be submitted
  std::atomic<bool> cancelled{false};
  core::ThreadPool pool;  // last, so that it ends first, while all that its tasks use still exists
};

Loader::State::State(const Store& store, Split split, LoaderOptions options_)
    : reader(store, split),
      cell_types(store.codes(split, Field::kCellType)),
      n_genes(store.genes().size()),
      options(std::move(options_)),
      pool(options.threads == 0 ? core::default_threads() : options.threads) {
  const std::size_t n_types = store.tables().cell_types.size(), n_rates = options.copies_per_type.size();
  if (n_rates != 0 && n_rates != n_types) {
    throw core::InputError({.key = "copies_per_type",
                            .found = "holds " + core::plural(static_cast<std::int64_t>(n_rates), "value"),
                            .expected = fmt::format("{}, one for each cell type of the store", n_types)});
  }
  options.normalise = options.normalise && store.content() == Content::kCounts;
  if (reader.n_cells() > 0 && reader.n_cells() < options.world_size) {
    throw core::InputError({.file = store.directory().string(),
                            .found = fmt::format("the {} split has {}, too few for {} ranks", name(split),
                                                 core::plural(reader.n_cells(), "cell"), options.world_size),
                            .next_step = "use fewer ranks"});
  }
}

void Loader::State::drain() {
  cancelled = true;
  for (DecodedWindow& window : windows) window.wait();
  for (auto& waiting : prepared) {
    waiting->wait();
    unused.push_back(std::move(waiting));
  }
  prepared.clear();
  cancelled = false;
}

void Loader::State::start(std::int64_t epoch, std::int64_t batch) {
  EpochPlan wanted(reader.n_cells(), options, epoch, cell_types);
  if (epoch < 0 || batch < 0 || batch > wanted.n_batches()) {
    throw core::InputError({.subject = "loader",
                            .found = fmt::format("cannot start at epoch {}, batch {}: an epoch has {} batches", epoch,
                                                 batch, wanted.n_batches())});
  }
  drain();
  plan.emplace(std::move(wanted));
  n_batches = plan->n_batches();
  n_cells = plan->batch_begin(n_batches);
  next_batch = batch;
  if (batch == plan->n_batches()) return;
  last_window = plan->window_of(plan->batch_begin(batch));
  slot(last_window).reset(*plan, last_window, reader);
}

bool Loader::State::next(Batch& batch) {
  core::check_interrupt();
  SCTAB_ASSERT(plan.has_value());  // after an error the loader must be started again
  try {
    submit_ahead();
    if (prepared.empty()) return false;
    for (const auto& task : prepared.front()->filled) task.get();
  } catch (...) {
    drain();
    plan.reset();
    throw;
  }
  std::swap(batch, prepared.front()->batch);
  unused.push_back(std::move(prepared.front()));
  prepared.pop_front();
  return true;
}

void Loader::State::submit_ahead() {
  while (std::cmp_less(prepared.size(), kBatchesAhead) && next_batch < plan->n_batches()) {
    const std::int64_t window = plan->window_of(plan->batch_begin(next_batch + 1) - 1);
    submit_reads(window, 1, 1);
    submit_reads_of_next_window(next_batch, window);
    submit_batch(next_batch);
    ++next_batch;
  }
}

// Begins the reads of all windows up to this one, and of this one the share part / of_parts.
void Loader::State::submit_reads(std::int64_t window, std::int64_t part, std::int64_t of_parts) {
  for (;;) {
    DecodedWindow& target = slot(last_window);
    const auto n_reads = static_cast<std::int64_t>(target.reads.size());
    const std::int64_t end = last_window < window ? n_reads : n_reads * part / of_parts;
    while (last_window <= window && std::cmp_less(target.decoded.size(), end)) {
      const WindowRead& read = target.reads[target.decoded.size()];
      target.decoded.push_back(pool.submit([this, &target, &read] {
        if (!cancelled) reader.read(read.part, target.blocks[read.block]);
      }));
    }
    if (last_window >= window) return;
    ++last_window;
    slot(last_window).reset(*plan, last_window, reader);
  }
}

// The share of the next window that is due before a batch whose last cells are of this window. Its memory is that of
// the window before this, whose batches are all given out when the batch kBatchesAhead after the last of them comes.
void Loader::State::submit_reads_of_next_window(std::int64_t batch, std::int64_t window) {
  if (window + 1 == plan->n_windows()) return;
  const CellIndex begin = plan->window_begin(window);
  const std::int64_t first = begin == 0 ? 0 : plan->batch_of(begin - 1) + kBatchesAhead;
  const std::int64_t last = plan->batch_of(plan->window_begin(window + 1)) - 1;
  if (batch >= first) submit_reads(window + 1, batch - first + 1, last - first + 1);
}

void Loader::State::submit_batch(std::int64_t batch) {
  const CellIndex begin = plan->batch_begin(batch);
  const CellIndex end = plan->batch_begin(batch + 1);
  const std::int64_t first_window = plan->window_of(begin);
  const std::int64_t final_window = plan->window_of(end - 1);
  if (unused.empty()) unused.push_back(std::make_unique<Prepared>());
  prepared.push_back(std::move(unused.back()));
  unused.pop_back();
  Prepared& target = *prepared.back();
  target.filled.clear();
  target.source = {{}, &reader, options.normalise};
  for (std::int64_t w = first_window; w <= final_window; ++w) {
    const CellIndex first = plan->window_begin(w);
    target.source.parts.push_back(
        {&slot(w), std::max(begin, first) - first, std::min(end, plan->window_begin(w + 1)) - first});
  }
  lay_out(target.source, cell_types, n_genes, target.batch);
  for (CellIndex cell = 0; cell < end - begin; cell += kCellsPerTask) {
    target.filled.push_back(pool.submit([this, &target, cell, last = std::min(end - begin, cell + kCellsPerTask)] {
      for (const WindowPart& part : target.source.parts) part.window->get();
      if (!cancelled) fill(target.source, cell, last, target.batch);
    }));
    for (std::int64_t w = first_window; w <= final_window; ++w) slot(w).users.push_back(target.filled.back());
  }
}

Loader::Loader(const Store& store, Split split, LoaderOptions options) {
  options.validate();
  state_ = std::make_unique<State>(store, split, std::move(options));
  start(0);
}

Loader::~Loader() = default;

std::int64_t Loader::n_batches() const {
  return state_->n_batches;
}

CellIndex Loader::n_cells() const {
  return state_->n_cells;
}

void Loader::start(std::int64_t epoch, std::int64_t batch) {
  state_->start(epoch, batch);
}

bool Loader::next(Batch& batch) {
  return state_->next(batch);
}

}  // namespace sctab::store
