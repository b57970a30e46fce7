#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <semaphore>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/h5ad/matrix_layout.hpp"
#include "sctab/formats/h5ad/scratch_file.hpp"
#include "sctab/formats/hdf5/array_reader.hpp"

namespace sctab::h5ad {
namespace {

/// Cells of a bucket, and genes of a strip, at most: their places in it are 16 bits wide.
constexpr std::int64_t kMostNumbered = 1 << 16;
constexpr std::int64_t kLeastCellsOfBucket = 256;
constexpr std::int64_t kMostEntriesOfStrip = 1 << 21;
/// Strips, and later buckets, that are held at a time, however many threads there are: their memory is shared out, and
/// the smaller they are, the more parts of strips there are to know of and to read.
constexpr int kMostHeld = 4;

/// One value of the matrix on its way from gene-major to cell-major order.
struct Entry {
  std::uint16_t cell;  // counted from the bucket's first
  std::uint16_t gene;  // counted from the strip's first
  float value;
};

/// A stretch of the file's entries, in gene order.
struct Strip {
  std::int64_t begin, end;
  GeneIndex first_gene;
};

/// Cells fall into buckets of neighbours. One pass over the file takes it strip by strip, sorts each strip by bucket
/// and puts it in a scratch file (in memory where that suffices); a bucket is then its part of every strip, in gene
/// order. Strips, and later buckets, are independent of each other: some threads share them.
class CscRows final : public formats::RowReader {
 public:
  CscRows(const hdf5::Handle& group, const MatrixInfo& info, formats::ReadOptions options)
      : info_(info),
        where_(hdf5::place_of(group.id(), info.path)),
        indices_(hdf5::open_dataset(group.id(), "indices")),
        data_(hdf5::open_dataset(group.id(), "data")),
        gene_begin_(hdf5::read_numbers<std::int64_t>(hdf5::open_dataset(group.id(), "indptr"))),
        options_(std::move(options)),
        n_held_(plan_held()),
        may_load_(n_held_) {
    check_indptr(gene_begin_, 0, info_.nnz, true, where_);
    const auto after = std::ranges::upper_bound(gene_begin_, 0);
    if (after == gene_begin_.end()) return;
    // Of more entries than there are cells, two are of one cell.
    std::vector<std::int32_t> first_gene(static_cast<std::size_t>(std::min(*after, info_.n_cells + 1)));
    indices_.read(0, std::span(first_gene));
    refuse_zeroed_offsets(after - gene_begin_.begin() - 1, std::move(first_gene), where_);
  }

  Work claim(CellIndex max_cells) override {
    SCTAB_ASSERT(max_cells > 0);
    core::check_interrupt();
    if (next_cell_ >= info_.n_cells) return {};
    if (cell_begin_.empty()) prepare(max_cells);
    std::vector<Part> parts;
    const CellIndex end = std::min(info_.n_cells, next_cell_ + max_cells);
    while (next_cell_ < end) {
      const CellIndex bucket = next_cell_ / cells_of_bucket_;
      if (!bucket_ || bucket_->number != bucket) bucket_ = std::make_shared<Bucket>(bucket);
      const CellIndex begin = bucket * cells_of_bucket_;
      const CellIndex until = std::min(end, begin + cells_of_bucket_);
      parts.push_back({bucket_, next_cell_ - begin, until - begin});
      next_cell_ = until;
    }
    return [this, parts = std::move(parts)](sparse::CsrMatrix& block) { fill(parts, block); };
  }

 private:
  /// Loaded when first needed, by whoever needs it.
  struct Bucket {
    explicit Bucket(CellIndex bucket_number) : number(bucket_number) {}
    CellIndex number;
    std::mutex mutex;
    bool loaded = false;
    sparse::CsrMatrix cells;
  };
  struct Part {
    std::shared_ptr<Bucket> bucket;
    CellIndex begin, end;  // rows of the bucket
  };

  [[nodiscard]] std::int64_t first_entry(CellIndex cell) const { return cell_begin_[static_cast<std::size_t>(cell)]; }
  [[nodiscard]] CellIndex n_buckets() const { return (info_.n_cells + cells_of_bucket_ - 1) / cells_of_bucket_; }
  [[nodiscard]] CellIndex bucket_end(CellIndex bucket) const {
    return std::min(info_.n_cells, (bucket + 1) * cells_of_bucket_);
  }

  void fill(const std::vector<Part>& parts, sparse::CsrMatrix& block) {
    const auto is_whole = [this](const Part& part) {
      const CellIndex begin = part.bucket->number * cells_of_bucket_;
      return part.begin == 0 && begin + part.end == bucket_end(part.bucket->number);
    };
    if (parts.size() == 1 && is_whole(parts[0])) {
      load(parts[0].bucket->number, block);
    } else {
      block.clear(info_.n_genes);
      for (const Part& part : parts) {
        const std::lock_guard lock(part.bucket->mutex);
        if (!part.bucket->loaded) load(part.bucket->number, part.bucket->cells);
        part.bucket->loaded = true;
        for (CellIndex row = part.begin; row < part.end; ++row) {
          const auto cell = part.bucket->cells.row(row);
          block.append_row(cell.indices, cell.data);
        }
      }
    }
    tidy_rows(block);
  }

  /// At most so many entries, where n_held strips are to take half of the memory at 24 bytes each: as read, and sorted.
  [[nodiscard]] std::int64_t entries_of_strip(int n_held) const {
    return std::clamp<std::int64_t>(options_.memory_bytes / 2 / 24 / n_held, 64, kMostEntriesOfStrip);
  }
  /// At most so many, where n_held buckets are to take half of the memory: 8 bytes each, and as many in the block made
  /// of it.
  [[nodiscard]] std::int64_t entries_fitting_bucket(int n_held) const {
    return std::max<std::int64_t>(1, options_.memory_bytes / 2 / 16 / n_held);
  }
  /// Bytes for the offsets of each bucket in each strip: these are not held, and grow with the square of the entries.
  [[nodiscard]] std::int64_t memory_for_offsets() const { return options_.memory_bytes / 4; }

  /// How many strips or buckets to hold, so that they are large enough for their offsets to fit.
  [[nodiscard]] int plan_held() const {
    const auto offset_bytes = [this](int n_held) {
      const auto n_strips = static_cast<double>(info_.nnz) / static_cast<double>(entries_of_strip(n_held));
      const auto n_buckets = static_cast<double>(info_.nnz) / static_cast<double>(entries_fitting_bucket(n_held));
      return n_strips * n_buckets * sizeof(std::uint32_t);
    };
    int n_held = std::min(options_.threads, kMostHeld);
    while (n_held > 1 && offset_bytes(n_held) > static_cast<double>(memory_for_offsets())) --n_held;
    return n_held;
  }

  void prepare(CellIndex max_cells) {
    core::ThreadPool pool(n_held_);
    plan_strips();
    count_cells(pool);
    plan_buckets(max_cells);
    scatter(pool);
  }

  /// Gives each bucket as many cells as are asked for at once, halved until the buckets that are loaded at the same
  /// time fit in memory, then doubled as far as they still fit while the offsets of so many buckets do not.
  void plan_buckets(CellIndex max_cells) {
    const auto fits = [this] { return most_entries_of_bucket() <= entries_fitting_bucket(n_held_); };
    cells_of_bucket_ = std::min(std::clamp(max_cells, kLeastCellsOfBucket, kMostNumbered), info_.n_cells);
    while (cells_of_bucket_ > 1 && !fits()) cells_of_bucket_ /= 2;
    const auto offset_bytes = [this] {
      return static_cast<std::int64_t>(strips_.size()) * n_buckets() * static_cast<std::int64_t>(sizeof(std::uint32_t));
    };
    while (offset_bytes() > memory_for_offsets() && cells_of_bucket_ <= kMostNumbered / 2) {
      const CellIndex before = std::exchange(cells_of_bucket_, 2 * cells_of_bucket_);
      if (fits()) continue;
      cells_of_bucket_ = before;
      break;
    }
  }

  void plan_strips() {
    const std::int64_t size = entries_of_strip(n_held_);
    for (std::int64_t begin = 0; begin < info_.nnz; begin = strips_.back().end) {
      const auto after = std::upper_bound(gene_begin_.begin(), gene_begin_.end(), begin);
      const std::int64_t gene = after - gene_begin_.begin() - 1;
      const auto last = static_cast<std::size_t>(std::min<std::int64_t>(info_.n_genes, gene + kMostNumbered));
      strips_.push_back({begin, std::min(begin + size, gene_begin_[last]), static_cast<GeneIndex>(gene)});
    }
  }

  void count_cells(core::ThreadPool& pool) {
    cell_begin_.assign(static_cast<std::size_t>(info_.n_cells) + 1, 0);
    std::atomic<std::size_t> next{0};
    pool.parallel_for(pool.size(), [&](std::int64_t) {
      std::vector<std::int32_t> cells;
      for (std::size_t i = next++; i < strips_.size(); i = next++) {
        read_cells(strips_[i], cells);
        for (const std::int32_t cell : cells) {
          std::atomic_ref count(cell_begin_[static_cast<std::size_t>(cell) + 1]);
          count.fetch_add(1, std::memory_order_relaxed);
        }
      }
    });
    for (std::size_t i = 1; i < cell_begin_.size(); ++i) cell_begin_[i] += cell_begin_[i - 1];
  }

  void read_cells(const Strip& strip, std::vector<std::int32_t>& cells) {
    core::check_interrupt();
    cells.resize(static_cast<std::size_t>(strip.end - strip.begin));
    indices_.read(strip.begin, std::span(cells));
    int outside = 0;
    for (const std::int32_t cell : cells) outside |= static_cast<int>(cell < 0 || cell >= info_.n_cells);
    if (outside == 0) return refuse_zeroed_indices(cells, strip.begin, gene_begin_, where_);
    throw core::InputError(
        {.file = where_.file,
         .matrix = where_.matrix,
         .found = fmt::format("has a value in a row outside of the {}", core::plural(info_.n_cells, "cell")),
         .next_step = hdf5::kWriteAgain});
  }

  [[nodiscard]] std::int64_t most_entries_of_bucket() const {
    std::int64_t most = 0;
    for (CellIndex bucket = 0; bucket < n_buckets(); ++bucket) {
      most = std::max(most, first_entry(bucket_end(bucket)) - first_entry(bucket * cells_of_bucket_));
    }
    return most;
  }

  void scatter(core::ThreadPool& pool) {
    const auto n_bytes = static_cast<std::size_t>(info_.nnz) * sizeof(Entry);
    if (std::cmp_greater(n_bytes, options_.memory_bytes / 2)) {
      file_.emplace(options_.temporary_folder);
    } else {
      in_memory_.resize(static_cast<std::size_t>(info_.nnz));
    }
    bucket_in_strip_.resize(strips_.size());
    pool.parallel_for(static_cast<std::int64_t>(strips_.size()),
                      [this](std::int64_t strip) { sort_strip(static_cast<std::size_t>(strip)); });
  }

  /// Stable, so that a bucket's entries stay in gene order.
  void sort_strip(std::size_t number) {
    const Strip& strip = strips_[number];
    std::vector<std::int32_t> cells;
    read_cells(strip, cells);
    std::vector<float> values(cells.size());
    data_.read(strip.begin, std::span(values));

    const auto width = static_cast<std::uint32_t>(cells_of_bucket_);
    std::vector<std::uint32_t> slot(static_cast<std::size_t>(n_buckets()) + 1);
    for (const std::int32_t cell : cells) ++slot[static_cast<std::uint32_t>(cell) / width + 1];
    for (std::size_t b = 1; b < slot.size(); ++b) slot[b] += slot[b - 1];
    bucket_in_strip_[number] = slot;

    std::vector<Entry> sorted(cells.size());
    auto gene = static_cast<std::size_t>(strip.first_gene);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      while (strip.begin + static_cast<std::int64_t>(i) >= gene_begin_[gene + 1]) ++gene;
      const std::uint32_t bucket = static_cast<std::uint32_t>(cells[i]) / width;
      const std::uint32_t cell = static_cast<std::uint32_t>(cells[i]) - bucket * width;
      sorted[slot[bucket]++] = {static_cast<std::uint16_t>(cell),
                                static_cast<std::uint16_t>(gene - static_cast<std::size_t>(strip.first_gene)),
                                values[i]};
    }
    if (file_) {
      file_->write(std::as_bytes(std::span(sorted)), strip.begin * static_cast<std::int64_t>(sizeof(Entry)));
    } else {
      std::ranges::copy(sorted, in_memory_.begin() + strip.begin);
    }
  }

  /// All cells of a bucket, in gene order.
  void load(CellIndex bucket, sparse::CsrMatrix& cells) {
    core::check_interrupt();
    may_load_.acquire();
    const Release release(may_load_);
    const CellIndex begin = bucket * cells_of_bucket_;
    cells.n_cells = bucket_end(bucket) - begin;
    cells.n_genes = info_.n_genes;
    cells.indptr.clear();
    for (CellIndex cell = begin; cell <= bucket_end(bucket); ++cell) {
      cells.indptr.push_back(first_entry(cell) - first_entry(begin));
    }
    cells.indices.resize(static_cast<std::size_t>(cells.nnz()));
    cells.data.resize(static_cast<std::size_t>(cells.nnz()));
    std::vector<std::int64_t> slot(cells.indptr.begin(), cells.indptr.end() - 1);
    std::vector<Entry> read;
    for (std::size_t number = 0; number < strips_.size(); ++number) {
      for (const Entry& entry : entries_of(bucket, number, read)) {
        const auto at = static_cast<std::size_t>(slot[entry.cell]++);
        cells.indices[at] = strips_[number].first_gene + entry.gene;
        cells.data[at] = entry.value;
      }
    }
  }

  [[nodiscard]] std::span<const Entry> entries_of(CellIndex bucket, std::size_t strip, std::vector<Entry>& read) const {
    const auto& begins = bucket_in_strip_[strip];
    const std::uint32_t begin = begins[static_cast<std::size_t>(bucket)];
    const std::uint32_t n = begins[static_cast<std::size_t>(bucket) + 1] - begin;
    const std::int64_t first = strips_[strip].begin + begin;
    if (!file_) return std::span(in_memory_).subspan(static_cast<std::size_t>(first), n);
    read.resize(n);
    file_->read(std::as_writable_bytes(std::span(read)), first * static_cast<std::int64_t>(sizeof(Entry)));
    return read;
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

  MatrixInfo info_;
  core::Problem where_;
  hdf5::ArrayReader indices_, data_;
  std::vector<std::int64_t> gene_begin_, cell_begin_;  // offsets of genes in the file, of cells once turned
  formats::ReadOptions options_;
  int n_held_;  // strips, and then buckets, at a time
  std::counting_semaphore<kMostHeld> may_load_;
  std::vector<Strip> strips_;
  CellIndex cells_of_bucket_ = 1;
  std::vector<std::vector<std::uint32_t>> bucket_in_strip_;  // offsets: n_buckets + 1 a strip
  std::optional<ScratchFile> file_;                          // entries strip by strip, each sorted by bucket;
  std::vector<Entry> in_memory_;                             // one of the two
  std::shared_ptr<Bucket> bucket_;                           // the last that was claimed of
  CellIndex next_cell_ = 0;
};

}  // namespace

std::unique_ptr<formats::RowReader> make_csc_rows(hid_t file, const MatrixInfo& info,
                                                  const formats::ReadOptions& options) {
  return std::make_unique<CscRows>(hdf5::open_group(file, info.path), info, options);
}

}  // namespace sctab::h5ad
