#include "sctab/store/batch_assembly.hpp"

#include <algorithm>
#include <numeric>

#include "sctab/store/normaliser.hpp"

namespace sctab::store {
namespace {

/// Where one cell lies in its block.
struct CellView {
  const RowBlock& block;
  std::size_t begin, end;

  explicit CellView(const DecodedWindow& window, WindowRow at)
      : block(window.blocks[static_cast<std::size_t>(at.block)]),
        begin(static_cast<std::size_t>(block.indptr[static_cast<std::size_t>(at.row)])),
        end(static_cast<std::size_t>(block.indptr[static_cast<std::size_t>(at.row) + 1])) {}
  [[nodiscard]] std::size_t n_values() const { return end - begin; }
};

std::span<const WindowRow> order_of(const WindowPart& part) {
  return std::span(part.window->order)
      .subspan(static_cast<std::size_t>(part.begin), static_cast<std::size_t>(part.end - part.begin));
}

template <typename Count>
void copy_counts(std::span<const Count> counts, bool normalise, float* out) {
  if (!normalise) {
    std::transform(counts.begin(), counts.end(), out, [](Count count) { return static_cast<float>(count); });
    return;
  }
  // As sparse::library_size(): sums of integers are exact, in whatever type and order.
  std::conditional_t<std::is_integral_v<Count>, std::uint64_t, double> library_size = 0;
  for (const Count count : counts) library_size += count;
  std::transform(counts.begin(), counts.end(), out, Normaliser(static_cast<double>(library_size)));
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

void DecodedWindow::reset(const EpochPlan& plan, std::int64_t window) {
  wait();
  const std::span<const RowRange> ranges = plan.window_blocks(window);
  rows.assign(ranges.begin(), ranges.end());
  if (blocks.size() < rows.size()) blocks.resize(rows.size());
  order = plan.window_order(window);
}

void assemble(std::span<const WindowPart> parts, std::span<const std::int32_t> cell_types, GeneIndex n_genes,
              bool normalise, Batch& batch) {
  batch.x.n_genes = n_genes;
  batch.x.indptr.assign(1, 0);
  batch.cell_types.clear();
  batch.rows.clear();
  for (const WindowPart& part : parts) {
    for (const WindowRow at : order_of(part)) {
      const auto n_values = static_cast<std::int64_t>(CellView(*part.window, at).n_values());
      batch.x.indptr.push_back(batch.x.indptr.back() + n_values);
      const CellIndex row = part.window->rows[static_cast<std::size_t>(at.block)].begin + at.row;
      batch.rows.push_back(row);
      batch.cell_types.push_back(cell_types[static_cast<std::size_t>(row)]);
    }
  }
  batch.x.n_cells = static_cast<CellIndex>(batch.rows.size());
  // No clear() before: the memory is written over below, and zeroing it first takes time.
  batch.x.indices.resize(static_cast<std::size_t>(batch.x.nnz()));
  batch.x.data.resize(batch.x.indices.size());

  std::size_t to = 0;
  for (const WindowPart& part : parts) {
    for (const WindowRow at : order_of(part)) {
      const CellView cell(*part.window, at);
      const RowBlock& block = cell.block;
      std::copy_n(block.indices.data() + cell.begin, cell.n_values(), batch.x.indices.data() + to);
      if (block.values == ValueType::kUint16) {
        copy_counts(std::span<const std::uint16_t>(block.integers).subspan(cell.begin, cell.n_values()), normalise,
                    batch.x.data.data() + to);
      } else {
        copy_counts(std::span<const float>(block.reals).subspan(cell.begin, cell.n_values()), normalise,
                    batch.x.data.data() + to);
      }
      to += cell.n_values();
    }
  }
}

}  // namespace sctab::store
