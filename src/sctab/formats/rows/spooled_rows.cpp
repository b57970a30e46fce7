#include "sctab/formats/rows/spooled_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <semaphore>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/rows/sparse_checks.hpp"

namespace sctab::rows {
namespace {

constexpr CellIndex kLeastCellsOfLoad = 256;

/// Cells are loaded in groups of neighbours, each once, by whoever first needs it. Groups are independent of each
/// other: some threads share them.
class SpooledRows final : public formats::RowReader {
 public:
  SpooledRows(std::unique_ptr<EntryStore> store, GeneIndex n_genes, std::int64_t memory_bytes, int n_held)
      : store_(std::move(store)),
        n_genes_(n_genes),
        // 8 bytes each, and as many in the block made of it.
        most_entries_(std::max<std::int64_t>(1, memory_bytes / 2 / 16 / n_held)),
        may_load_(n_held) {}

  Work claim(CellIndex max_cells) override {
    SCTAB_ASSERT(max_cells > 0);
    core::check_interrupt();
    if (next_cell_ >= store_->n_cells()) return {};
    if (cells_of_group_ == 0) plan_groups(max_cells);
    std::vector<Part> parts;
    const CellIndex end = std::min(store_->n_cells(), next_cell_ + max_cells);
    while (next_cell_ < end) {
      const CellIndex number = next_cell_ / cells_of_group_;
      if (!group_ || group_->number != number) group_ = std::make_shared<Group>(number);
      const CellIndex begin = number * cells_of_group_;
      const CellIndex until = std::min(end, begin + cells_of_group_);
      parts.push_back({group_, next_cell_ - begin, until - begin});
      next_cell_ = until;
    }
    return [this, parts = std::move(parts)](sparse::CsrMatrix& block) { fill(parts, block); };
  }

 private:
  struct Group {
    explicit Group(CellIndex group_number) : number(group_number) {}
    CellIndex number;
    std::mutex mutex;
    bool loaded = false;
    sparse::CsrMatrix cells;
  };
  struct Part {
    std::shared_ptr<Group> group;
    CellIndex begin, end;  // rows of the group
  };

  [[nodiscard]] CellIndex group_begin(CellIndex group) const { return group * cells_of_group_; }
  [[nodiscard]] CellIndex group_end(CellIndex group) const {
    return std::min(store_->n_cells(), group_begin(group) + cells_of_group_);
  }

  /// Gives each group as many cells as are asked for at once, halved until the groups that are loaded at the same time
  /// fit in memory.
  void plan_groups(CellIndex max_cells) {
    cells_of_group_ = std::min(std::clamp(max_cells, kLeastCellsOfLoad, kMostCellsOfLoad), store_->n_cells());
    while (cells_of_group_ > 1 && most_entries_of_group() > most_entries_) cells_of_group_ /= 2;
  }

  /// As well as the store knows: of a part of a bucket, its share.
  [[nodiscard]] std::int64_t most_entries_of_group() const {
    const CellIndex bucket = store_->cells_of_bucket();
    const CellIndex step = std::max(cells_of_group_, bucket);
    std::int64_t most = 0;
    for (CellIndex begin = 0; begin < store_->n_cells(); begin += step) {
      most = std::max(most, store_->entries_near(begin, std::min(store_->n_cells(), begin + step)));
    }
    return most / (step / cells_of_group_);
  }

  void fill(const std::vector<Part>& parts, sparse::CsrMatrix& block) {
    const auto is_whole = [this](const Part& part) {
      const CellIndex number = part.group->number;
      return part.end - part.begin == group_end(number) - group_begin(number);
    };
    if (parts.size() == 1 && is_whole(parts[0])) return load(parts[0].group->number, block);
    block.clear(n_genes_);
    for (const Part& part : parts) {
      const std::lock_guard lock(part.group->mutex);
      if (!part.group->loaded) load(part.group->number, part.group->cells);
      part.group->loaded = true;
      for (CellIndex row = part.begin; row < part.end; ++row) {
        const auto cell = part.group->cells.row(row);
        block.append_row(cell.indices, cell.data);
      }
    }
  }

  void load(CellIndex number, sparse::CsrMatrix& cells) {
    core::check_interrupt();
    may_load_.acquire();
    const Release release(may_load_);
    const CellIndex begin = group_begin(number), n = group_end(number) - begin;
    const EntryStore::Load entries(*store_, begin, begin + n);
    std::vector<std::int64_t> slot(static_cast<std::size_t>(n) + 1);
    entries.for_each([&](std::uint32_t cell, GeneIndex, float) { ++slot[cell + 1]; });
    for (std::size_t i = 1; i < slot.size(); ++i) slot[i] += slot[i - 1];
    core::Problem place = store_->where();
    place.found = fmt::format("has {} in {}", core::plural(slot.back(), "value"), core::plural(n, "cell"));
    core::require_memory(slot.back(), sizeof(GeneIndex) + sizeof(float), std::move(place));
    cells.n_cells = n;
    cells.n_genes = n_genes_;
    cells.indptr = slot;
    cells.indices.resize(static_cast<std::size_t>(slot.back()));
    cells.data.resize(static_cast<std::size_t>(slot.back()));
    entries.for_each([&](std::uint32_t cell, GeneIndex gene, float value) {
      const auto at = static_cast<std::size_t>(slot[cell]++);
      cells.indices[at] = gene;
      cells.data[at] = value;
    });
    tidy_rows(cells);
  }

  /// Gives back a place that was acquired.
  class Release {
   public:
    explicit Release(std::counting_semaphore<kMostHeld>& places) : places_(places) {}
    ~Release() { places_.release(); }
    Release(const Release&) = delete;
    Release& operator=(const Release&) = delete;

   private:
    std::counting_semaphore<kMostHeld>& places_;
  };

  std::unique_ptr<EntryStore> store_;
  GeneIndex n_genes_;
  std::int64_t most_entries_;  // of a group
  std::counting_semaphore<kMostHeld> may_load_;
  CellIndex cells_of_group_ = 0;  // 0: not planned yet
  std::shared_ptr<Group> group_;  // the last that was claimed of
  CellIndex next_cell_ = 0;
};

}  // namespace

std::unique_ptr<formats::RowReader> make_spooled_rows(std::unique_ptr<EntryStore> store, GeneIndex n_genes,
                                                      std::int64_t memory_bytes, int n_held) {
  SCTAB_ASSERT(n_held >= 1 && n_held <= kMostHeld);
  return std::make_unique<SpooledRows>(std::move(store), n_genes, memory_bytes, n_held);
}

}  // namespace sctab::rows
