#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/h5ad/scratch_file.hpp"
#include "sctab/formats/mtx/matrix_rows.hpp"
#include "sctab/formats/mtx/matrix_text.hpp"

namespace sctab::mtx {
namespace {

using h5ad::ScratchFile;

constexpr std::int64_t kLeastBytesOfStrip = 1 << 16, kMostBytesOfStrip = 1 << 23;
constexpr std::int64_t kMostBuckets = 1 << 16;
/// Strips in work at a time: their memory is shared out.
constexpr int kMostThreads = 4;

struct SpooledEntry {
  std::int32_t cell;  // counted from the bucket's first
  GeneIndex gene;
  float value;
};
constexpr auto kEntryBytes = static_cast<std::int64_t>(sizeof(SpooledEntry));

/// Cells fall into buckets of neighbours. The text is taken in strips; the entries of each are sorted by bucket and put
/// into a scratch file. A bucket is then its part of every strip.
class SpooledRows final : public formats::RowReader {
 public:
  SpooledRows(const MatrixPlan& plan, formats::ReadOptions options)
      : plan_(plan), options_(std::move(options)), text_(plan.part, MatrixText::Ahead::kYes) {
    plan_sizes();
  }

  Work claim(CellIndex max_cells) override {
    SCTAB_ASSERT(max_cells > 0);
    core::check_interrupt();
    if (next_cell_ >= plan_.n_cells) return {};
    if (!is_spooled_) spool();
    is_spooled_ = true;
    std::vector<Piece> pieces;
    const CellIndex end = std::min(plan_.n_cells, next_cell_ + max_cells);
    while (next_cell_ < end) {
      const CellIndex number = next_cell_ / cells_of_bucket_;
      if (!bucket_ || bucket_->number != number) bucket_ = std::make_shared<Bucket>(number);
      const CellIndex begin = number * cells_of_bucket_;
      const CellIndex until = std::min(end, begin + cells_of_bucket_);
      pieces.push_back({bucket_, next_cell_ - begin, until - begin});
      next_cell_ = until;
    }
    return [this, pieces = std::move(pieces)](sparse::CsrMatrix& block) { fill(pieces, block); };
  }

 private:
  /// Loaded by whoever needs it first.
  struct Bucket {
    explicit Bucket(CellIndex bucket_number) : number(bucket_number) {}
    CellIndex number;
    std::mutex mutex;
    bool loaded = false;
    sparse::CsrMatrix cells;
  };
  struct Piece {
    std::shared_ptr<Bucket> bucket;
    CellIndex begin, end;  // rows of the bucket
  };
  struct Strip {
    std::int64_t first_entry = 0;        // where it is in the scratch file
    std::vector<std::uint32_t> buckets;  // offsets, one more than there are buckets
  };

  /// A strip in work takes its text and, for each line of six bytes or more, an entry twice. A bucket that is loaded
  /// takes its entries and the rows made of them.
  void plan_sizes() {
    n_threads_ = std::clamp(options_.threads, 1, kMostThreads);
    const std::int64_t share = options_.memory_bytes / 2 / n_threads_;
    bytes_of_strip_ = std::clamp(share / (1 + 2 * kEntryBytes / 6), kLeastBytesOfStrip, kMostBytesOfStrip);
    const std::int64_t entries = std::max<std::int64_t>(1, share / (kEntryBytes + 8));
    const std::int64_t n_entries = std::max<std::int64_t>(1, text_.header().n_entries);
    const std::int64_t n_buckets = std::clamp<std::int64_t>((n_entries + entries - 1) / entries, 1, kMostBuckets);
    cells_of_bucket_ = std::max<CellIndex>(1, plan_.n_cells / n_buckets);
    while ((plan_.n_cells + cells_of_bucket_ - 1) / cells_of_bucket_ > kMostBuckets) cells_of_bucket_ *= 2;
    cells_of_bucket_ = std::min<CellIndex>(cells_of_bucket_, std::int64_t{1} << 30);
    n_buckets_ = (plan_.n_cells + cells_of_bucket_ - 1) / cells_of_bucket_;
  }

  void spool() {
    if (text_.header().n_entries > options_.memory_bytes / 2 / kEntryBytes) file_.emplace(options_.temporary_folder);
    core::ThreadPool pool(n_threads_);
    pool.parallel_for(n_threads_, [this](std::int64_t) {
      while (sort_next_strip()) core::check_interrupt();
    });
  }

  /// False once nothing is left.
  bool sort_next_strip() {
    std::string lines;
    std::int64_t first_line = 0;
    std::size_t number = 0;
    {
      const std::lock_guard lock(text_mutex_);
      bool more = true;
      while (more && std::ssize(text_.lines()) < bytes_of_strip_) more = text_.read_more();
      if (text_.lines().empty()) return false;
      first_line = text_.line_number();
      const std::int64_t first_entry = text_.n_taken();
      lines = text_.take(text_.lines().size());
      number = strips_.size();
      strips_.push_back({first_entry, {}});
      if (!file_) in_memory_.resize(static_cast<std::size_t>(text_.n_taken()));
    }
    sort_strip(number, lines, first_line);
    return true;
  }

  void sort_strip(std::size_t number, const std::string& lines, std::int64_t first_line) {
    std::vector<std::pair<std::uint32_t, SpooledEntry>> entries;  // with their buckets
    std::vector<std::uint32_t> slot(static_cast<std::size_t>(n_buckets_) + 1);
    EntryCursor cursor(lines, first_line, text_.header(), text_.path());
    for (Entry entry; cursor.next(entry);) {
      const GeneIndex gene = plan_.gene(entry);
      if (gene < 0 || entry.value == 0) continue;
      const CellIndex cell = plan_.cell(entry);
      const CellIndex bucket = cell / cells_of_bucket_;
      entries.push_back({static_cast<std::uint32_t>(bucket),
                         {static_cast<std::int32_t>(cell - bucket * cells_of_bucket_), gene, entry.value}});
      ++slot[static_cast<std::size_t>(bucket) + 1];
    }
    for (std::size_t b = 1; b < slot.size(); ++b) slot[b] += slot[b - 1];
    std::vector<std::uint32_t> buckets = slot;
    std::vector<SpooledEntry> sorted(entries.size());
    for (const auto& [bucket, entry] : entries) sorted[slot[bucket]++] = entry;
    std::int64_t first_entry = 0;
    {
      const std::lock_guard lock(text_mutex_);
      first_entry = strips_[number].first_entry;
      strips_[number].buckets = std::move(buckets);
      if (!file_) std::ranges::copy(sorted, in_memory_.begin() + first_entry);
    }
    if (file_) file_->write(std::as_bytes(std::span(sorted)), first_entry * kEntryBytes);
  }

  void fill(const std::vector<Piece>& pieces, sparse::CsrMatrix& block) const {
    block.clear(plan_.n_genes);
    for (const Piece& piece : pieces) {
      const std::lock_guard lock(piece.bucket->mutex);
      if (!piece.bucket->loaded) load(piece.bucket->number, piece.bucket->cells);
      piece.bucket->loaded = true;
      for (CellIndex row = piece.begin; row < piece.end; ++row) {
        const auto cell = piece.bucket->cells.row(row);
        block.append_row(cell.indices, cell.data);
      }
    }
  }

  void load(CellIndex bucket, sparse::CsrMatrix& cells) const {
    core::check_interrupt();
    const CellIndex n_cells = std::min(cells_of_bucket_, plan_.n_cells - bucket * cells_of_bucket_);
    const std::vector<SpooledEntry> entries = entries_of(bucket, n_cells);
    cells.clear(plan_.n_genes);
    cells.n_cells = n_cells;
    cells.indptr.assign(static_cast<std::size_t>(n_cells) + 1, 0);
    for (const SpooledEntry& entry : entries) ++cells.indptr[static_cast<std::size_t>(entry.cell) + 1];
    for (std::size_t i = 1; i < cells.indptr.size(); ++i) cells.indptr[i] += cells.indptr[i - 1];
    std::vector<std::int64_t> slot(cells.indptr.begin(), cells.indptr.end() - 1);
    cells.indices.resize(entries.size());
    cells.data.resize(entries.size());
    for (const SpooledEntry& entry : entries) {
      const auto at = static_cast<std::size_t>(slot[static_cast<std::size_t>(entry.cell)]++);
      cells.indices[at] = entry.gene;
      cells.data[at] = entry.value;
    }
    tidy(cells);
  }

  /// In the order of the file.
  [[nodiscard]] std::vector<SpooledEntry> entries_of(CellIndex bucket, CellIndex n_cells) const {
    const auto at = static_cast<std::size_t>(bucket);
    std::int64_t n = 0;
    for (const Strip& strip : strips_) n += strip.buckets[at + 1] - strip.buckets[at];
    core::require_memory(n, 2 * (kEntryBytes + 8),
                         {.file = text_.path().string(),
                          .found = fmt::format("has {} in {}", core::plural(n, "entry", "entries"),
                                               core::plural(n_cells, "neighbouring cell"))});
    std::vector<SpooledEntry> entries(static_cast<std::size_t>(n));
    std::size_t end = 0;
    for (const Strip& strip : strips_) {
      const std::size_t n_here = strip.buckets[at + 1] - strip.buckets[at];
      const std::int64_t first = strip.first_entry + strip.buckets[at];
      const auto part = std::span(entries).subspan(end, n_here);
      if (file_) {
        file_->read(std::as_writable_bytes(part), first * kEntryBytes);
      } else {
        std::copy_n(in_memory_.begin() + first, n_here, part.begin());
      }
      end += n_here;
    }
    return entries;
  }

  MatrixPlan plan_;
  formats::ReadOptions options_;
  int n_threads_ = 1;
  std::int64_t bytes_of_strip_ = 0;
  CellIndex cells_of_bucket_ = 1, n_buckets_ = 0;
  bool is_spooled_ = false;
  std::mutex text_mutex_;  // guards what follows while the text is spooled
  MatrixText text_;
  std::vector<Strip> strips_;
  std::optional<ScratchFile> file_;  // one of the two
  std::vector<SpooledEntry> in_memory_;
  std::shared_ptr<Bucket> bucket_;  // the last that was claimed of
  CellIndex next_cell_ = 0;
};

}  // namespace

std::unique_ptr<formats::RowReader> make_spooled_rows(const MatrixPlan& plan, const formats::ReadOptions& options) {
  return std::make_unique<SpooledRows>(plan, options);
}

}  // namespace sctab::mtx
