#include "sctab/store/loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <future>
#include <optional>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/store/batch_assembly.hpp"
#include "sctab/store/epoch_plan.hpp"
#include "sctab/store/split_reader.hpp"

namespace sctab::store {

namespace {

// A batch spans two windows at most, even where both of a window's ends are short blocks: two are in memory.
LoaderOptions with_window_for_a_batch(LoaderOptions options) {
  const std::int64_t blocks_per_batch = (options.batch_size + options.rows_per_block - 1) / options.rows_per_block;
  options.blocks_per_window = std::max(options.blocks_per_window, blocks_per_batch + 2);
  return options;
}

}  // namespace

void LoaderOptions::validate() const {
  const auto require = [](bool good, std::string_view field, std::int64_t found, std::string_view expected) {
    if (!good) throw core::InputError(fmt::format("loader: {} is {}, and {} was expected", field, found, expected));
  };
  require(batch_size >= 1, "batch_size", batch_size, "at least 1");
  require(world_size >= 1, "world_size", world_size, "at least 1");
  require(rank >= 0 && rank < world_size, "rank", rank, fmt::format("0 to {}", world_size - 1));
  require(threads >= 0, "threads", threads, "0 (all) or more");
  require(rows_per_block >= 1 && rows_per_block <= (1 << 20), "rows_per_block", rows_per_block, "1 to 1048576");
  require(batch_size <= (1 << 24), "batch_size", batch_size, "at most 16777216");
  require(blocks_per_window >= 1 && blocks_per_window <= (1 << 20), "blocks_per_window", blocks_per_window,
          "1 to 1048576");
}

/// The pipeline. This thread hands out tasks in a fixed order: the blocks of a window, then its batches with the blocks
/// of the next window between them. The pool runs tasks in that order, and a task waits only for tasks before it, so
/// the work never locks up, whatever the number of threads. Two windows and a few batches are in memory at a time.
struct Loader::State {
  struct Prepared {
    Batch batch;
    std::shared_future<void> done;
  };

  State(const Store& store, Split split, LoaderOptions options_);
  ~State() { drain(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void start(std::int64_t epoch, std::int64_t batch);
  bool next(Batch& batch);
  void drain();
  void submit_ahead();
  void submit_blocks_until(std::int64_t end);
  void submit_batch(std::int64_t batch);
  [[nodiscard]] std::int64_t blocks_needed(std::int64_t batch) const;
  [[nodiscard]] std::int64_t blocks_ahead(std::int64_t batch) const;
  DecodedWindow& slot(std::int64_t window) { return windows[static_cast<std::size_t>(window % 2)]; }

  SplitReader reader;
  std::vector<std::int32_t> cell_types;
  GeneIndex n_genes;
  LoaderOptions options;
  std::optional<EpochPlan> plan;
  std::array<DecodedWindow, 2> windows;
  std::deque<std::unique_ptr<Prepared>> prepared;  // in order; the first is the next to be given out
  std::vector<std::unique_ptr<Prepared>> unused;   // for their memory
  std::int64_t next_block = 0, next_batch = 0;     // to be submitted
  std::atomic<bool> cancelled{false};
  core::ThreadPool pool;  // the last: it ends first, while all that its tasks use still stands
};

Loader::State::State(const Store& store, Split split, LoaderOptions options_)
    : reader(store, split),
      cell_types(store.codes(split, Field::kCellType)),
      n_genes(store.genes().size()),
      options(with_window_for_a_batch(options_)),
      pool(options_.threads == 0 ? core::default_threads() : options_.threads) {
  if (reader.n_cells() > 0 && reader.n_cells() < options.world_size) {
    throw core::InputError(fmt::format("{}: the {} split has {} cells, too few for {} ranks; use fewer ranks",
                                       store.directory().string(), name(split), reader.n_cells(), options.world_size));
  }
}

void Loader::State::drain() {
  cancelled = true;
  for (DecodedWindow& window : windows) window.wait();
  for (auto& waiting : prepared) {
    waiting->done.wait();
    unused.push_back(std::move(waiting));
  }
  prepared.clear();
  cancelled = false;
}

void Loader::State::start(std::int64_t epoch, std::int64_t batch) {
  drain();
  plan.emplace(reader.n_cells(), options, epoch);
  if (epoch < 0 || batch < 0 || batch > plan->n_batches()) {
    throw core::InputError(fmt::format("loader: cannot start at epoch {}, batch {}: an epoch has {} batches", epoch,
                                       batch, plan->n_batches()));
  }
  next_batch = batch;
  const bool at_end = batch == plan->n_batches();
  next_block = at_end ? 0 : plan->window_of(plan->batch_begin(batch)) * options.blocks_per_window;
}

bool Loader::State::next(Batch& batch) {
  core::check_interrupt();
  SCTAB_ASSERT(plan.has_value());  // after an error the loader must be started again
  submit_ahead();
  if (prepared.empty()) return false;
  try {
    prepared.front()->done.get();
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
  const auto depth = static_cast<std::size_t>(pool.size()) + 1;
  while (prepared.size() < depth && next_batch < plan->n_batches()) {
    submit_blocks_until(blocks_needed(next_batch));
    submit_batch(next_batch);
    submit_blocks_until(blocks_ahead(next_batch));
    ++next_batch;
  }
}

// All blocks of the windows that the batch takes cells from.
std::int64_t Loader::State::blocks_needed(std::int64_t batch) const {
  const std::int64_t window = plan->window_of(plan->batch_begin(batch + 1) - 1);
  return std::min((window + 1) * options.blocks_per_window, static_cast<std::int64_t>(plan->blocks().size()));
}

// A share of the next window that grows with the batches. It begins late enough for the window before, whose memory it
// takes, to be used up.
std::int64_t Loader::State::blocks_ahead(std::int64_t batch) const {
  const CellIndex end = plan->batch_begin(batch + 1);
  const std::int64_t window = plan->window_of(end - 1);
  const CellIndex begin = plan->window_begin(window);
  const CellIndex n_cells = plan->window_begin(window + 1) - begin;
  const CellIndex lag = std::min((pool.size() + 1) * options.batch_size, n_cells / 2);
  const CellIndex past_lag = std::max<CellIndex>(end - begin - lag, 0);
  const std::int64_t share = options.blocks_per_window * past_lag / (n_cells - lag);
  return std::min(blocks_needed(batch) + share, static_cast<std::int64_t>(plan->blocks().size()));
}

void Loader::State::submit_blocks_until(std::int64_t end) {
  for (; next_block < end; ++next_block) {
    const std::int64_t window = next_block / options.blocks_per_window;
    const auto block = static_cast<std::size_t>(next_block % options.blocks_per_window);
    DecodedWindow& target = slot(window);
    if (block == 0) target.reset(*plan, window);
    target.decoded.push_back(pool.submit([this, &target, block, rows = plan->window_blocks(window)[block]] {
      if (!cancelled) reader.read(rows, target.blocks[block]);
    }));
  }
}

void Loader::State::submit_batch(std::int64_t batch) {
  const CellIndex begin = plan->batch_begin(batch);
  const CellIndex end = plan->batch_begin(batch + 1);
  const std::int64_t first_window = plan->window_of(begin);
  const std::int64_t last_window = plan->window_of(end - 1);
  std::vector<WindowPart> parts;
  for (std::int64_t w = first_window; w <= last_window; ++w) {
    const CellIndex first = plan->window_begin(w);
    parts.push_back({&slot(w), std::max(begin, first) - first, std::min(end, plan->window_begin(w + 1)) - first});
  }
  if (unused.empty()) unused.push_back(std::make_unique<Prepared>());
  std::unique_ptr<Prepared> target = std::move(unused.back());
  unused.pop_back();
  target->done = pool.submit([this, parts, batch_memory = &target->batch] {
    for (const WindowPart& part : parts) part.window->get();
    if (!cancelled) assemble(parts, cell_types, n_genes, options.normalise, *batch_memory);
  });
  for (std::int64_t w = first_window; w <= last_window; ++w) slot(w).users.push_back(target->done);
  prepared.push_back(std::move(target));
}

Loader::Loader(const Store& store, Split split, LoaderOptions options) {
  options.validate();
  state_ = std::make_unique<State>(store, split, options);
  start(0);
}

Loader::~Loader() = default;

std::int64_t Loader::n_batches() const {
  return batches_per_epoch(state_->reader.n_cells(), state_->options);
}

void Loader::start(std::int64_t epoch, std::int64_t batch) {
  state_->start(epoch, batch);
}

bool Loader::next(Batch& batch) {
  return state_->next(batch);
}

}  // namespace sctab::store
