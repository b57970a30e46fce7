#include "sctab/store/batch_assembly.hpp"

#include <algorithm>

#include "sctab/sparse/normalise.hpp"

namespace sctab::store {
namespace {

/// Where one cell lies in its block.
struct CellView {
  const RowBlock& block;
  std::size_t begin, n_values;

  CellView(const DecodedWindow& window, WindowRow at)
      : block(window.blocks[static_cast<std::size_t>(at.block)]),
        begin(static_cast<std::size_t>(block.indptr[static_cast<std::size_t>(at.row)])),
        n_values(static_cast<std::size_t>(block.indptr[static_cast<std::size_t>(at.row) + 1]) - begin) {}

  template <typename T>
  [[nodiscard]] std::span<const T> of(const std::vector<T>& buffer) const {
    return std::span(buffer).subspan(begin, n_values);
  }
};

// Always inline: GCC takes a function that only prefetches for one without effect, and drops calls of it.
template <typename T>
[[gnu::always_inline]] inline void prefetch(std::span<const T> values) {
  constexpr std::size_t kCacheLine = 64;
  const auto bytes = std::as_bytes(values);
  for (std::size_t i = 0; i < bytes.size(); i += kCacheLine) __builtin_prefetch(bytes.data() + i);
}

// Cells are anywhere in the window: without this half of fill() is waiting for their first bytes.
[[gnu::always_inline]] inline void prefetch(const CellView& cell) {
  const RowBlock& block = cell.block;
  block.short_genes ? prefetch(cell.of(block.short_indices)) : prefetch(cell.of(block.indices));
  block.values == ValueType::kUint16 ? prefetch(cell.of(block.integers)) : prefetch(cell.of(block.reals));
}

// Returns whether the genes ascend from 0 or more to less than n_genes. The comparison is kept in the width of the
// genes, so that the loop becomes vector code.
template <typename Gene>
bool copy_genes(std::span<const Gene> genes, GeneIndex n_genes, GeneIndex* out) {
  if (genes.empty()) return true;
  out[0] = genes[0];
  Gene wrong = 0;
  for (std::size_t i = 1; i < genes.size(); ++i) {
    out[i] = genes[i];
    wrong |= static_cast<Gene>(genes[i] <= genes[i - 1]);
  }
  return wrong == 0 && genes.front() >= 0 && genes.back() < n_genes;
}

template <typename Count>
void copy_counts(std::span<const Count> counts, bool normalise, float* out) {
  if (normalise) {
    sparse::Normaliser(sparse::library_size(counts)).apply(counts, out);
  } else {
    std::transform(counts.begin(), counts.end(), out, [](Count count) { return static_cast<float>(count); });
  }
}

// Genes and values of one cell, from position `to` of the batch on. Returns whether its genes ascend.
bool fill_cell(const CellView& cell, bool normalise, std::size_t to, Batch& batch) {
  const RowBlock& block = cell.block;
  if (block.values == ValueType::kUint16) {
    copy_counts(cell.of(block.integers), normalise, batch.x.data.data() + to);
  } else {
    copy_counts(cell.of(block.reals), normalise, batch.x.data.data() + to);
  }
  GeneIndex* const genes = batch.x.indices.data() + to;
  return block.short_genes ? copy_genes(cell.of(block.short_indices), batch.x.n_genes, genes)
                           : copy_genes(cell.of(block.indices), batch.x.n_genes, genes);
}

// A vector left to itself would double its memory at the first batch that is larger than those before.
template <typename T>
void resize_with_slack(std::vector<T>& buffer, std::size_t n) {
  if (buffer.capacity() < n) buffer.reserve(n + n / 16);
  buffer.resize(n);
}

}  // namespace

void DecodedWindow::wait() {
  for (const auto& task : decoded) task.wait();
  for (const auto& task : users) task.wait();
  decoded.clear();
  users.clear();
}

void DecodedWindow::get() const {
  for (const auto& task : decoded) task.get();
}

void DecodedWindow::reset(const EpochPlan& plan, std::int64_t window, const SplitReader& reader) {
  wait();
  const std::span<const RowRange> ranges = plan.window_blocks(window);
  rows.assign(ranges.begin(), ranges.end());
  if (blocks.size() < rows.size()) blocks.resize(rows.size());
  order = plan.window_order(window);
  reads.clear();
  for (std::size_t block = 0; block < rows.size(); ++block) {
    for (const SplitPart& part : reader.lay_out(rows[block], blocks[block])) reads.push_back({block, part});
  }
}

void lay_out(const BatchSource& source, std::span<const std::int32_t> cell_types, GeneIndex n_genes, Batch& batch) {
  batch.x.n_genes = n_genes;
  batch.x.indptr.assign(1, 0);
  batch.cell_types.clear();
  batch.rows.clear();
  for (const WindowPart& part : source.parts) {
    for (CellIndex i = part.begin; i < part.end; ++i) {
      const WindowRow at = part.window->order[static_cast<std::size_t>(i)];
      const auto n_values = static_cast<std::int64_t>(CellView(*part.window, at).n_values);
      batch.x.indptr.push_back(batch.x.indptr.back() + n_values);
      const CellIndex row = part.window->rows[static_cast<std::size_t>(at.block)].begin + at.row;
      batch.rows.push_back(row);
      batch.cell_types.push_back(cell_types[static_cast<std::size_t>(row)]);
    }
  }
  batch.x.n_cells = static_cast<CellIndex>(batch.rows.size());
  // No clear() before: the memory is written over by fill(), and zeroing it first takes time.
  resize_with_slack(batch.x.indices, static_cast<std::size_t>(batch.x.nnz()));
  resize_with_slack(batch.x.data, static_cast<std::size_t>(batch.x.nnz()));
}

void fill(const BatchSource& source, CellIndex begin, CellIndex end, Batch& batch) {
  CellIndex part_begin = 0;  // in the batch
  for (const WindowPart& part : source.parts) {
    const CellIndex part_end = part_begin + part.end - part.begin;
    const CellIndex last = std::min(end, part_end);
    const auto cell_at = [&part, part_begin](CellIndex i) {
      return CellView(*part.window, part.window->order[static_cast<std::size_t>(part.begin + i - part_begin)]);
    };
    for (CellIndex i = std::max(begin, part_begin); i < last; ++i) {
      if (i + 1 < last) prefetch(cell_at(i + 1));
      const auto at = static_cast<std::size_t>(i);
      if (!fill_cell(cell_at(i), source.normalise, static_cast<std::size_t>(batch.x.indptr[at]), batch)) {
        source.reader->refuse_genes(batch.rows[at]);
      }
    }
    part_begin = part_end;
  }
}

}  // namespace sctab::store
