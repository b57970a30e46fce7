#include "sctab/formats/rows/dense_rows.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <semaphore>
#include <utility>
#include <vector>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/rows/cell_spool.hpp"
#include "sctab/formats/rows/dense_matrix.hpp"
#include "sctab/formats/rows/spooled_rows.hpp"

namespace sctab::rows {
namespace {

/// What is worth a call.
constexpr std::int64_t kBytesOfBand = 4'000'000;

/// How cells are read: all genes of a band at once.
struct BandPlan {
  CellIndex cells_of_band = 1;
  int n_held = 1;              // bands that are read at a time, and no more than so many others are kept
  bool splits_chunks = false;  // each chunk would be expanded for more than one band
};

BandPlan plan_bands(const DenseMatrix& matrix, const formats::ReadOptions& options) {
  SCTAB_ASSERT(options.threads >= 1);
  // As read, and without zeros: as rows, and gene by gene before that.
  const std::int64_t bytes_of_entry = sizeof(GeneIndex) + sizeof(float);
  const bool by_cells = matrix.layout() == DenseMatrix::Layout::kCellsByGenes;
  const std::int64_t bytes_of_value = matrix.bytes_of_number() + (by_cells ? 1 : 2) * bytes_of_entry;
  const std::int64_t bytes_of_cell = std::max<std::int64_t>(1, matrix.n_genes() * bytes_of_value);
  const CellIndex most = std::max<CellIndex>(1, options.memory_bytes / 4 / bytes_of_cell);
  const CellIndex chunk = matrix.chunk_cells();
  BandPlan plan;
  if (chunk > most) {
    plan.cells_of_band = most;
    plan.splits_chunks = true;
    return plan;
  }
  CellIndex wanted = std::max<CellIndex>(1, kBytesOfBand / bytes_of_cell);
  // Without chunks, a gene's cells are read by a call of their own: as many as there is memory for.
  if (!by_cells && chunk == 1) wanted = most / options.threads;
  plan.cells_of_band = std::max(chunk, std::min(wanted, most) / chunk * chunk);
  plan.n_held = static_cast<int>(std::clamp<std::int64_t>(most / plan.cells_of_band, 1, options.threads));
  return plan;
}

/// Each band is read once, by whoever first needs it. Bands that belong to one claim alone go straight into its block;
/// others are kept until all their cells were asked for.
class DenseRows final : public formats::RowReader {
 public:
  DenseRows(DenseMatrix matrix, const BandPlan& plan)
      : matrix_(std::move(matrix)), plan_(plan), may_read_(plan.n_held) {}

  Work claim(CellIndex max_cells) override {
    SCTAB_ASSERT(max_cells > 0);
    core::check_interrupt();
    const CellIndex begin = next_cell_;
    next_cell_ = std::min(matrix_.n_cells(), begin + max_cells);
    if (begin == next_cell_) return {};
    return [this, begin, end = next_cell_](sparse::CsrMatrix& block) {
      block.clear(matrix_.n_genes());
      for (CellIndex cell = begin; cell < end;) cell = append(cell, end, block);
    };
  }

 private:
  using Numbers = std::vector<std::byte>;
  struct Band {
    explicit Band(CellIndex band_number) : number(band_number) {}
    CellIndex number;
    std::mutex mutex;
    bool loaded = false;
    sparse::CsrMatrix cells;
    CellIndex n_given = 0;  // cells that were asked for
  };

  /// Appends the cells from `cell` on that are of one band and before `end`. Returns the first after them.
  CellIndex append(CellIndex cell, CellIndex end, sparse::CsrMatrix& block) {
    const CellIndex number = cell / plan_.cells_of_band, first = number * plan_.cells_of_band;
    const CellIndex n = std::min(plan_.cells_of_band, matrix_.n_cells() - first);
    const CellIndex until = std::min(end, first + n);
    if (until - cell == n) {
      read(first, n, block);
      return until;
    }
    const std::shared_ptr<Band> band = kept(number);
    const std::lock_guard lock(band->mutex);
    if (!band->loaded) {
      band->cells.clear(matrix_.n_genes());
      read(first, n, band->cells);
      band->loaded = true;
    }
    for (CellIndex row = cell - first; row < until - first; ++row) {
      const auto values = band->cells.row(row);
      block.append_row(values.indices, values.data);
    }
    band->n_given += until - cell;
    if (band->n_given >= n) forget(band);
    return until;
  }

  std::shared_ptr<Band> kept(CellIndex number) {
    const std::lock_guard lock(mutex_);
    const auto known = std::ranges::find(kept_, number, &Band::number);
    if (known != kept_.end()) return *known;
    // The oldest is read again if somebody still asks for it.
    if (std::ssize(kept_) > plan_.n_held) kept_.erase(kept_.begin());
    return kept_.emplace_back(std::make_shared<Band>(number));
  }

  void forget(const std::shared_ptr<Band>& band) {
    const std::lock_guard lock(mutex_);
    std::erase(kept_, band);
  }

  void read(CellIndex begin, CellIndex n, sparse::CsrMatrix& block) {
    Reading reading(*this);
    matrix_.append(begin, n, reading.numbers(), block);
  }

  /// One of the bands that are read at a time, and memory for it.
  class Reading {
   public:
    explicit Reading(DenseRows& rows) : rows_(rows) {
      rows_.may_read_.acquire();
      const std::lock_guard lock(rows_.mutex_);
      if (!rows_.idle_.empty()) {
        numbers_ = std::move(rows_.idle_.back());
        rows_.idle_.pop_back();
      }
    }
    ~Reading() {
      try {
        const std::lock_guard lock(rows_.mutex_);
        rows_.idle_.push_back(std::move(numbers_));
      } catch (const std::bad_alloc&) {  // then the next makes its own
      }
      rows_.may_read_.release();
    }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    [[nodiscard]] Numbers& numbers() { return numbers_; }

   private:
    DenseRows& rows_;
    Numbers numbers_;
  };

  DenseMatrix matrix_;
  BandPlan plan_;
  std::counting_semaphore<> may_read_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Band>> kept_;
  std::vector<Numbers> idle_;
  CellIndex next_cell_ = 0;
};

/// For chunks of more cells than fit in memory with all their genes: tiles of whole chunks go through a CellSpool.
class TiledRows final : public formats::RowReader {
 public:
  TiledRows(DenseMatrix matrix, formats::ReadOptions options)
      : matrix_(std::move(matrix)), options_(std::move(options)) {}

  Work claim(CellIndex max_cells) override {
    SCTAB_ASSERT(max_cells > 0);
    core::check_interrupt();
    if (!rows_) reorder(max_cells);
    return rows_->claim(max_cells);
  }

 private:
  /// Strips in order of genes, so that no row needs sorting.
  void reorder(CellIndex max_cells) {
    CellSpool spool(matrix_.where(), matrix_.n_cells(), options_);
    spool.expect_claims(max_cells);
    const CellIndex cells = matrix_.chunk_cells();
    const std::int64_t chunk = matrix_.chunk_genes();
    const std::int64_t genes = std::max(chunk, spool.entries_of_strip() / cells / chunk * chunk);
    const std::int64_t n_across = (matrix_.n_cells() + cells - 1) / cells;
    const std::int64_t n_down = (matrix_.n_genes() + genes - 1) / genes;
    const std::int64_t strips_of_tile = cells * genes / spool.entries_of_strip() + 2;
    core::ThreadPool pool(std::min(options_.threads, kMostHeld));
    pool.parallel_for(n_across * n_down, [&](std::int64_t i) {
      DenseMatrix::Tile tile{.cell = i % n_across * cells, .gene = static_cast<GeneIndex>(i / n_across * genes)};
      tile.n_cells = std::min(cells, matrix_.n_cells() - tile.cell);
      tile.n_genes = static_cast<GeneIndex>(std::min<std::int64_t>(genes, matrix_.n_genes() - tile.gene));
      const std::int64_t end = matrix_.add_to(spool, tile, i * strips_of_tile);
      SCTAB_ASSERT(end <= (i + 1) * strips_of_tile);
    });
    rows_ = std::move(spool).rows(matrix_.n_genes());
  }

  DenseMatrix matrix_;
  formats::ReadOptions options_;
  std::unique_ptr<formats::RowReader> rows_;  // once reordered
};

std::unique_ptr<formats::RowReader> make_rows(DenseMatrix matrix, const formats::ReadOptions& options) {
  const BandPlan plan = plan_bands(matrix, options);
  const double bytes_of_chunk = static_cast<double>(matrix.chunk_cells()) * static_cast<double>(matrix.chunk_genes()) *
                                static_cast<double>(matrix.bytes_of_number());
  const std::int64_t memory_for_chunk = options.memory_bytes / 4 / std::min(options.threads, kMostHeld);
  const bool chunks_fit = bytes_of_chunk <= static_cast<double>(memory_for_chunk);
  if (plan.splits_chunks && chunks_fit) return std::make_unique<TiledRows>(std::move(matrix), options);
  return std::make_unique<DenseRows>(std::move(matrix), plan);
}

}  // namespace

std::unique_ptr<formats::RowReader> make_dense_rows(std::unique_ptr<arrays::NumberMatrix> matrix,
                                                    const core::Problem& where, const formats::ReadOptions& options) {
  return make_rows(DenseMatrix(std::move(matrix), DenseMatrix::Layout::kCellsByGenes, where), options);
}

std::unique_ptr<formats::RowReader> make_dense_columns(std::unique_ptr<arrays::NumberMatrix> matrix,
                                                       const core::Problem& where,
                                                       const formats::ReadOptions& options) {
  return make_rows(DenseMatrix(std::move(matrix), DenseMatrix::Layout::kGenesByCells, where), options);
}

}  // namespace sctab::rows
