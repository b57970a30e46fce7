#include "sctab/formats/rows/entry_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/arrays/next_steps.hpp"

namespace sctab::rows {
namespace {

constexpr GeneIndex kGenesOfNarrowStrip = 1 << 16;

}  // namespace

EntryStore::EntryStore(core::Problem where, Options options) : where_(std::move(where)), options_(std::move(options)) {
  SCTAB_ASSERT(options_.n_cells >= 0 && options_.cells_of_bucket > 0);
  SCTAB_ASSERT(options_.cells_of_bucket <= kMostCellsOfBucket);
  bucket_begin_.assign(static_cast<std::size_t>(n_buckets()) + 1, 0);
}

CellIndex EntryStore::n_buckets() const {
  return (options_.n_cells + options_.cells_of_bucket - 1) / options_.cells_of_bucket;
}

void EntryStore::add(const CellSpool::Strip& strip) {
  SCTAB_ASSERT(strip.cells.size() == strip.values.size() && strip.genes.size() == strip.values.size());
  SCTAB_ASSERT(std::in_range<std::uint32_t>(strip.values.size()));
  if (strip.values.empty()) return;
  GeneIndex least = 0, most = 0;
  check(strip, least, most);
  Strip kept;
  kept.number = strip.number;
  kept.is_wide = most - least >= kGenesOfNarrowStrip;
  kept.first_gene = kept.is_wide ? 0 : least;
  std::vector<std::uint32_t> begins;
  if (kept.is_wide) {
    keep(kept, sorted<WideEntry>(strip, 0, begins), kept.wide);
  } else {
    keep(kept, sorted<NarrowEntry>(strip, least, begins), kept.narrow);
  }
  keep_begins(kept, std::move(begins));
  const std::lock_guard lock(mutex_);
  largest_gene_ = std::max(largest_gene_, most);
  strips_.push_back(std::move(kept));
}

void EntryStore::check(const CellSpool::Strip& strip, GeneIndex& least, GeneIndex& most) const {
  int outside = 0;  // without branches, so that it is done several at a time
  for (const std::int32_t cell : strip.cells) outside |= static_cast<int>(cell < 0 || cell >= options_.n_cells);
  if (outside != 0) {
    throw core::InputError(
        {.file = where_.file,
         .matrix = where_.matrix,
         .found = fmt::format("has a value in a row outside of the {}", core::plural(options_.n_cells, "cell")),
         .next_step = arrays::kWriteAgain});
  }
  least = most = strip.genes.front();
  for (const GeneIndex gene : strip.genes) {
    least = std::min(least, gene);
    most = std::max(most, gene);
  }
  if (least >= 0) return;
  throw core::InputError({.file = where_.file,
                          .matrix = where_.matrix,
                          .found = fmt::format("has a value of gene number {}", least),
                          .next_step = arrays::kWriteAgain});
}

/// Stable, so that a bucket's entries stay in the order in which they came.
template <typename Entry>
std::vector<Entry> EntryStore::sorted(const CellSpool::Strip& strip, GeneIndex first_gene,
                                      std::vector<std::uint32_t>& begins) const {
  const auto width = static_cast<std::uint32_t>(options_.cells_of_bucket);
  std::vector<std::uint32_t> slot(static_cast<std::size_t>(n_buckets()) + 1);
  for (const std::int32_t cell : strip.cells) ++slot[static_cast<std::uint32_t>(cell) / width + 1];
  for (std::size_t b = 1; b < slot.size(); ++b) slot[b] += slot[b - 1];
  begins = slot;
  std::vector<Entry> entries(strip.cells.size());
  for (std::size_t i = 0; i < strip.cells.size(); ++i) {
    const auto cell = static_cast<std::uint32_t>(strip.cells[i]);
    Entry& entry = entries[slot[cell / width]++];
    entry.cell = static_cast<std::uint16_t>(cell);
    entry.gene = static_cast<decltype(entry.gene)>(strip.genes[i] - first_gene);
    entry.value = strip.values[i];
  }
  return entries;
}

template <typename Entry>
void EntryStore::keep(Strip& kept, std::vector<Entry> entries, std::vector<Entry>& in_memory) {
  const std::size_t bytes = entries.size() * sizeof(Entry);
  {
    const std::lock_guard lock(mutex_);
    if (std::cmp_less_equal(bytes, options_.memory_bytes / 2 - entry_bytes_)) {
      entry_bytes_ += static_cast<std::int64_t>(bytes);
      in_memory = std::move(entries);
      return;
    }
    kept.entries_at = reserve_in_file(bytes);
  }
  file_->write(std::as_bytes(std::span(entries)), kept.entries_at);
}

void EntryStore::keep_begins(Strip& kept, std::vector<std::uint32_t> begins) {
  const std::size_t bytes = begins.size() * sizeof(begins[0]);
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t b = 1; b < begins.size(); ++b) bucket_begin_[b] += begins[b] - begins[b - 1];
    if (std::cmp_less_equal(bytes, options_.memory_bytes / 4 - begins_bytes_)) {
      begins_bytes_ += static_cast<std::int64_t>(bytes);
      kept.begins = std::move(begins);
      return;
    }
    kept.begins_at = reserve_in_file(bytes);
  }
  file_->write(std::as_bytes(std::span(begins)), kept.begins_at);
}

std::int64_t EntryStore::reserve_in_file(std::size_t bytes) {
  if (!file_) file_.emplace(options_.temporary_folder);
  return std::exchange(file_bytes_, file_bytes_ + static_cast<std::int64_t>(bytes));
}

void EntryStore::finish() {
  for (std::size_t b = 1; b < bucket_begin_.size(); ++b) bucket_begin_[b] += bucket_begin_[b - 1];
  std::ranges::sort(strips_, {}, &Strip::number);
  const auto same = std::ranges::adjacent_find(strips_, {}, &Strip::number);
  SCTAB_ASSERT(same == strips_.end());
}

std::int64_t EntryStore::entries_near(CellIndex begin, CellIndex end) const {
  const auto width = options_.cells_of_bucket;
  const auto first = static_cast<std::size_t>(begin / width),
             last = static_cast<std::size_t>((end + width - 1) / width);
  return bucket_begin_[last] - bucket_begin_[first];
}

std::array<std::uint32_t, 2> EntryStore::part_of(const Strip& strip, CellIndex first, CellIndex last) const {
  std::array<std::uint32_t, 2> part{};
  const std::array<std::size_t, 2> buckets{static_cast<std::size_t>(first), static_cast<std::size_t>(last)};
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (strip.begins.empty()) {
      const auto at = static_cast<std::int64_t>(buckets[i] * sizeof(part[i]));
      file_->read(std::as_writable_bytes(std::span(part).subspan(i, 1)), strip.begins_at + at);
    } else {
      part[i] = strip.begins[buckets[i]];
    }
  }
  return part;
}

EntryStore::Load::Load(const EntryStore& store, CellIndex begin, CellIndex end)
    : store_(store), first_cell_(static_cast<std::uint16_t>(begin)), n_cells_(static_cast<std::uint32_t>(end - begin)) {
  SCTAB_ASSERT(begin <= end && end - begin <= kMostCellsOfLoad);
  const CellIndex width = store.cells_of_bucket();
  const CellIndex first = begin / width, last = (end + width - 1) / width;
  if (store.file_ && begin % width == 0 && (end % width == 0 || end == store.n_cells())) {
    const std::int64_t n_entries = store.entries_near(begin, end);
    require_memory_for<NarrowEntry>(n_entries);
    narrow_.reserve(static_cast<std::size_t>(n_entries));
  }
  for (const Strip& strip : store.strips_) {
    const auto part = store.part_of(strip, first, last);
    if (part[0] == part[1]) continue;
    Piece piece{.first_gene = strip.first_gene, .narrow_begin = narrow_.size(), .wide_begin = wide_.size()};
    if (strip.entries_at >= 0) {
      if (strip.is_wide) piece.n_wide = append(strip, part, wide_);
      if (!strip.is_wide) piece.n_narrow = append(strip, part, narrow_);
    } else if (strip.is_wide) {
      piece.wide = std::span(strip.wide).subspan(part[0], part[1] - part[0]);
    } else {
      piece.narrow = std::span(strip.narrow).subspan(part[0], part[1] - part[0]);
    }
    pieces_.push_back(piece);
  }
}

template <typename Entry>
void EntryStore::Load::require_memory_for(std::int64_t n_entries) const {
  core::Problem place = store_.where();
  place.found = fmt::format("has {} in {}", core::plural(n_entries, "value"), core::plural(n_cells_, "cell"));
  core::require_memory(n_entries, sizeof(Entry), std::move(place));
}

template <typename Entry>
std::size_t EntryStore::Load::append(const Strip& strip, std::array<std::uint32_t, 2> part,
                                     std::vector<Entry>& buffer) {
  const std::size_t before = buffer.size(), n = part[1] - part[0];
  require_memory_for<Entry>(static_cast<std::int64_t>(before + n));
  buffer.resize(before + n);
  const std::span<Entry> read = std::span(buffer).subspan(before);
  store_.file_->read(std::as_writable_bytes(read),
                     strip.entries_at + static_cast<std::int64_t>(part[0] * sizeof(Entry)));
  std::size_t kept = before;
  for (const Entry& entry : read) {
    buffer[kept] = entry;
    kept += static_cast<std::size_t>(local(entry.cell) < n_cells_);
  }
  buffer.resize(kept);
  return kept - before;
}

}  // namespace sctab::rows
