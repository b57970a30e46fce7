#include "sctab/formats/rows/cell_spool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <future>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/arrays/next_steps.hpp"
#include "sctab/formats/rows/entry_store.hpp"
#include "sctab/formats/rows/spooled_rows.hpp"

namespace sctab::rows {
namespace {

constexpr std::int64_t kMostEntriesOfStrip = 1 << 21;
constexpr std::int64_t kBytesOfEntry = 24;  // as it comes, and sorted
constexpr CellIndex kLeastCellsOfBucket = 256;

}  // namespace

class CellSpool::State {
 public:
  State(core::Problem where, CellIndex n_cells, formats::ReadOptions options)
      : where_(std::move(where)), n_cells_(n_cells), options_(std::move(options)) {
    SCTAB_ASSERT(n_cells >= 0 && options_.threads >= 1);
    core::Problem place = where_;
    place.found = "announces " + core::plural(n_cells, "cell");
    if (!std::in_range<std::int32_t>(n_cells)) {
      place.expected = fmt::format("at most {}", core::format_count(std::numeric_limits<std::int32_t>::max()));
      throw core::InputError(std::move(place));
    }
    core::require_memory(n_cells, sizeof(std::int64_t), std::move(place));
  }

  [[nodiscard]] int n_held() const { return std::min(options_.threads, kMostHeld); }
  [[nodiscard]] std::int64_t entries_of_strip() const {
    return std::clamp<std::int64_t>(options_.memory_bytes / 2 / kBytesOfEntry / n_held(), 64, kMostEntriesOfStrip);
  }

  void expect_claims(CellIndex max_cells) {
    SCTAB_ASSERT(!store_ && max_cells > 0);
    expected_cells_ = max_cells;
  }

  /// Made when it is first needed, by one thread at a time.
  EntryStore& store() {
    const std::lock_guard lock(mutex_);
    if (!store_) {
      // A strip knows where each bucket begins in it: of so few buckets that this takes less than the entries do.
      const std::int64_t most_buckets = std::max<std::int64_t>(1, entries_of_strip() / 16);
      const CellIndex least = (n_cells_ + most_buckets - 1) / most_buckets;
      const CellIndex cells =
          std::max(expected_cells_, (least + expected_cells_ - 1) / expected_cells_ * expected_cells_);
      store_ = std::make_unique<EntryStore>(
          where_, EntryStore::Options{.n_cells = n_cells_,
                                      .cells_of_bucket = std::clamp(cells, kLeastCellsOfBucket, kMostCellsOfBucket),
                                      .memory_bytes = options_.memory_bytes,
                                      .temporary_folder = options_.temporary_folder});
    }
    return *store_;
  }

  void push(CellIndex cell, GeneIndex gene, float value) {
    if (value == 0.0F) return;
    if (cell < 0 || cell >= n_cells_) cell = -1;  // refused with its strip
    pending_.cells.push_back(static_cast<std::int32_t>(cell));
    pending_.genes.push_back(gene);
    pending_.values.push_back(value);
    if (std::ssize(pending_.values) >= entries_of_strip_) flush();
  }

  /// Hands the pending values over to another thread, where there is one.
  void flush() {
    if (pending_.values.empty()) return;
    core::check_interrupt();
    const std::int64_t number = n_strips_++;
    EntryStore& into = store();
    if (n_held() == 1) {
      pending_.add_to(into, number);
      pending_.clear();
      return;
    }
    if (!pool_) pool_ = std::make_unique<core::ThreadPool>(n_held() - 1);
    // As many are on their way as the others sort at a time.
    while (std::ssize(on_their_way_) >= n_held() - 1) wait_for_oldest();
    auto values = std::make_shared<Values>(std::exchange(pending_, {}));
    on_their_way_.push_back(pool_->submit([values, number, &into] { values->add_to(into, number); }));
  }

  void wait_for_oldest() {
    std::future<void> oldest = std::move(on_their_way_.front());
    on_their_way_.pop_front();
    oldest.get();
  }

  std::unique_ptr<formats::RowReader> rows(GeneIndex n_genes) {
    flush();
    while (!on_their_way_.empty()) wait_for_oldest();
    pool_.reset();
    EntryStore& all = store();
    if (all.largest_gene() >= n_genes) {
      throw core::InputError(
          {.file = where_.file,
           .matrix = where_.matrix,
           .found = fmt::format("has a value in a column outside of the {}", core::plural(n_genes, "gene")),
           .next_step = arrays::kWriteAgain});
    }
    all.finish();
    return make_spooled_rows(std::move(store_), n_genes, options_.memory_bytes, n_held());
  }

 private:
  struct Values {
    std::vector<std::int32_t> cells;
    std::vector<GeneIndex> genes;
    std::vector<float> values;

    void add_to(EntryStore& store, std::int64_t number) const {
      store.add({.number = number, .cells = cells, .genes = genes, .values = values});
    }
    void clear() {
      cells.clear();
      genes.clear();
      values.clear();
    }
  };

  core::Problem where_;
  CellIndex n_cells_;
  formats::ReadOptions options_;
  CellIndex expected_cells_ = kLeastCellsOfBucket;
  std::int64_t entries_of_strip_ = entries_of_strip();
  std::mutex mutex_;
  std::unique_ptr<EntryStore> store_;
  Values pending_;
  std::int64_t n_strips_ = 0;
  std::deque<std::future<void>> on_their_way_;
  std::unique_ptr<core::ThreadPool> pool_;  // last, so that its tasks end before what they need
};

CellSpool::CellSpool(core::Problem where, CellIndex n_cells, const formats::ReadOptions& options)
    : state_(std::make_unique<State>(std::move(where), n_cells, options)) {}

CellSpool::~CellSpool() = default;
CellSpool::CellSpool(CellSpool&&) noexcept = default;
CellSpool& CellSpool::operator=(CellSpool&&) noexcept = default;

void CellSpool::add(CellIndex cell, GeneIndex gene, float value) {
  state_->push(cell, gene, value);
}

void CellSpool::add_gene(GeneIndex gene, std::span<const std::int32_t> cells, std::span<const float> values) {
  SCTAB_ASSERT(cells.size() == values.size());
  for (std::size_t i = 0; i < cells.size(); ++i) state_->push(cells[i], gene, values[i]);
}

void CellSpool::add_dense_gene(GeneIndex gene, std::span<const float> values) {
  CellIndex cell = 0;
  for (const float value : values) state_->push(cell++, gene, value);
}

void CellSpool::add_strip(const Strip& strip) {
  core::check_interrupt();
  state_->store().add(strip);
}

std::int64_t CellSpool::entries_of_strip() const {
  return state_->entries_of_strip();
}

void CellSpool::expect_claims(CellIndex max_cells) {
  state_->expect_claims(max_cells);
}

std::unique_ptr<formats::RowReader> CellSpool::rows(GeneIndex n_genes) && {
  return state_->rows(n_genes);
}

}  // namespace sctab::rows
