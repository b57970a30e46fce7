#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>

#include "sctab/anndata/array_reader.hpp"
#include "sctab/anndata/matrix_layout.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"

namespace sctab::anndata {
namespace {

constexpr std::int64_t kEntriesAtOnce = 1 << 16;

/// One value of the matrix on its way from gene-major to cell-major order.
struct Entry {
  std::int64_t cell;
  GeneIndex gene;
  float value;
};

/// Memory on disk without a name: gone when this is, or the process.
class ScratchFile {
 public:
  explicit ScratchFile(const std::filesystem::path& folder)
      : folder_(folder.empty() ? std::filesystem::temp_directory_path() : folder) {
    std::string name = (folder_ / "sctab-transpose-XXXXXX").string();
    descriptor_ = ::mkstemp(name.data());
    if (descriptor_ < 0) fail();
    (void)::unlink(name.c_str());
  }
  ~ScratchFile() { (void)::close(descriptor_); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  void write(std::span<const Entry> entries, std::int64_t first_entry) const {
    transfer(::pwrite, std::as_bytes(entries).data(), entries.size_bytes(), first_entry);
  }
  void read(std::span<Entry> entries, std::int64_t first_entry) const {
    transfer(::pread, std::as_writable_bytes(entries).data(), entries.size_bytes(), first_entry);
  }

 private:
  template <typename Call, typename Bytes>
  void transfer(Call call, Bytes* bytes, std::size_t count, std::int64_t first_entry) const {
    auto offset = static_cast<off_t>(first_entry) * static_cast<off_t>(sizeof(Entry));
    while (count > 0) {
      const ssize_t n = call(descriptor_, bytes, count, offset);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) fail();
      bytes += n;
      count -= static_cast<std::size_t>(n);
      offset += n;
    }
  }
  [[noreturn]] void fail() const {
    throw core::InputError(
        fmt::format("{}: no temporary file can be written there to turn a gene-major matrix: {}; "
                    "free some space or choose another temporary folder",
                    folder_.string(), std::strerror(errno)));
  }

  std::filesystem::path folder_;
  int descriptor_ = -1;
};

/// Cells fall into buckets of neighbours whose values fit the memory. With one bucket each pass over the file fills it
/// directly; with more, one pass sorts all values into the buckets' places of a scratch file, in gene order.
class CscRows final : public RowReader {
 public:
  CscRows(const Handle& group, const MatrixInfo& info, const ReadOptions& options)
      : info_(info),
        where_(location(group.id())),
        indices_(open_dataset(group.id(), "indices")),
        data_(open_dataset(group.id(), "data")),
        gene_begin_(read_numbers<std::int64_t>(open_dataset(group.id(), "indptr"))),
        options_(options) {
    check_indptr(gene_begin_, 0, info_.nnz, where_);
    if (gene_begin_.back() != info_.nnz) {
      throw core::InputError(
          fmt::format("{}: indptr ends at {}, there are {} values; the file is damaged: write it "
                      "again",
                      where_, gene_begin_.back(), info_.nnz));
    }
  }

  bool next(CellIndex max_cells, sparse::CsrMatrix& block) override {
    SCTAB_ASSERT(max_cells > 0);
    core::check_interrupt();
    block.clear(info_.n_genes);
    if (cell_begin_.empty()) prepare();
    while (block.n_cells < max_cells && next_cell_ < info_.n_cells) {
      if (next_cell_ >= bucket_begin_[loaded_]) load(loaded_);
      const auto row = bucket_.row(next_cell_ - bucket_begin_[loaded_ - 1]);
      block.append_row(row.indices, row.data);
      ++next_cell_;
    }
    tidy_rows(block);
    return block.n_cells > 0;
  }

 private:
  [[nodiscard]] std::size_t n_buckets() const { return bucket_begin_.size() - 1; }
  [[nodiscard]] std::int64_t first_entry(CellIndex cell) const { return cell_begin_[static_cast<std::size_t>(cell)]; }

  void prepare() {
    count_cells();
    // A value takes 8 bytes in its bucket; the other half is for reading and sorting.
    const std::int64_t most = std::max<std::int64_t>(1, options_.memory_bytes / 16);
    bucket_begin_.assign(1, 0);
    for (CellIndex cell = 1; cell <= info_.n_cells; ++cell) {
      if (first_entry(cell) - first_entry(bucket_begin_.back()) > most && cell - 1 > bucket_begin_.back()) {
        bucket_begin_.push_back(cell - 1);
      }
    }
    bucket_begin_.push_back(info_.n_cells);
    if (n_buckets() > 1) scatter();
  }

  void count_cells() {
    cell_begin_.assign(static_cast<std::size_t>(info_.n_cells) + 1, 0);
    std::vector<std::int64_t> cells;
    for (std::int64_t begin = 0; begin < info_.nnz; begin += kEntriesAtOnce) {
      read_cells(begin, cells);
      for (const std::int64_t cell : cells) ++cell_begin_[static_cast<std::size_t>(cell) + 1];
    }
    for (std::size_t i = 1; i < cell_begin_.size(); ++i) cell_begin_[i] += cell_begin_[i - 1];
  }

  /// The cells of the entries from `begin` on.
  void read_cells(std::int64_t begin, std::vector<std::int64_t>& cells) {
    core::check_interrupt();
    cells.resize(static_cast<std::size_t>(std::min(kEntriesAtOnce, info_.nnz - begin)));
    indices_.read(begin, std::span(cells));
    for (const std::int64_t cell : cells) {
      if (cell >= 0 && cell < info_.n_cells) continue;
      throw core::InputError(
          fmt::format("{}: has a value in a row outside of the {} cells; the file is damaged: write "
                      "it again",
                      where_, info_.n_cells));
    }
  }

  /// Every entry of the file, gene by gene.
  template <typename Visit>
  void for_each_entry(Visit visit) {
    std::vector<std::int64_t> cells;
    std::vector<float> values;
    std::size_t gene = 0;
    for (std::int64_t begin = 0; begin < info_.nnz; begin += kEntriesAtOnce) {
      read_cells(begin, cells);
      values.resize(cells.size());
      data_.read(begin, std::span(values));
      for (std::size_t i = 0; i < cells.size(); ++i) {
        while (begin + static_cast<std::int64_t>(i) >= gene_begin_[gene + 1]) ++gene;
        visit(Entry{cells[i], static_cast<GeneIndex>(gene), values[i]});
      }
    }
  }

  void scatter() {
    scratch_ = std::make_unique<ScratchFile>(options_.temporary_folder);
    const auto budget = options_.memory_bytes / 4 / static_cast<std::int64_t>(n_buckets() * sizeof(Entry));
    const auto capacity = static_cast<std::size_t>(std::clamp<std::int64_t>(budget, 64, kEntriesAtOnce));
    std::vector<std::vector<Entry>> waiting(n_buckets());
    std::vector<std::int64_t> written(n_buckets());
    for (std::size_t b = 0; b < n_buckets(); ++b) written[b] = first_entry(bucket_begin_[b]);
    const auto flush = [&](std::size_t b) {
      scratch_->write(waiting[b], written[b]);
      written[b] += static_cast<std::int64_t>(waiting[b].size());
      waiting[b].clear();
    };
    for_each_entry([&](const Entry& entry) {
      const auto after = std::upper_bound(bucket_begin_.begin(), bucket_begin_.end(), entry.cell);
      const auto b = static_cast<std::size_t>(after - bucket_begin_.begin()) - 1;
      waiting[b].push_back(entry);
      if (waiting[b].size() >= capacity) flush(b);
    });
    for (std::size_t b = 0; b < n_buckets(); ++b) flush(b);
  }

  /// Fills bucket_ with bucket b, and makes b + 1 the next to load.
  void load(std::size_t b) {
    const CellIndex begin = bucket_begin_[b];
    const CellIndex end = bucket_begin_[b + 1];
    bucket_.clear(info_.n_genes);
    bucket_.n_cells = end - begin;
    bucket_.indptr.clear();
    for (CellIndex cell = begin; cell <= end; ++cell) bucket_.indptr.push_back(first_entry(cell) - first_entry(begin));
    const auto nnz = static_cast<std::size_t>(bucket_.nnz());
    bucket_.indices.resize(nnz);
    bucket_.data.resize(nnz);
    std::vector<std::int64_t> free_slot(bucket_.indptr.begin(), bucket_.indptr.end() - 1);
    const auto place = [&](const Entry& entry) {
      const auto slot = static_cast<std::size_t>(free_slot[static_cast<std::size_t>(entry.cell - begin)]++);
      bucket_.indices[slot] = entry.gene;
      bucket_.data[slot] = entry.value;
    };
    if (!scratch_) {
      for_each_entry(place);
    } else {
      std::vector<Entry> entries;
      for (std::int64_t first = first_entry(begin); first < first_entry(end); first += kEntriesAtOnce) {
        core::check_interrupt();
        entries.resize(static_cast<std::size_t>(std::min(kEntriesAtOnce, first_entry(end) - first)));
        scratch_->read(entries, first);
        std::for_each(entries.begin(), entries.end(), place);
      }
    }
    loaded_ = b + 1;
  }

  MatrixInfo info_;
  std::string where_;
  ArrayReader indices_, data_;
  std::vector<std::int64_t> gene_begin_, cell_begin_;  // offsets of genes in the file, of cells once turned
  ReadOptions options_;
  std::vector<CellIndex> bucket_begin_;  // n_buckets + 1 cells
  std::unique_ptr<ScratchFile> scratch_;
  sparse::CsrMatrix bucket_;
  std::size_t loaded_ = 0;  // buckets loaded so far
  CellIndex next_cell_ = 0;
};

}  // namespace

std::unique_ptr<RowReader> make_csc_rows(hid_t file, const MatrixInfo& info, const ReadOptions& options) {
  return std::make_unique<CscRows>(open_group(file, info.path), info, options);
}

}  // namespace sctab::anndata
