#include "sctab/annotate/cell_stream.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/sparse/normalise.hpp"

namespace sctab::annotate {
namespace {

constexpr std::int64_t kTransposeMemory = 500'000'000;  // bytes, for csc sources: leaves room for the network

}  // namespace

CellStream::CellStream(const anndata::File& file, const anndata::CountsSource& source, const GeneMatch& genes,
                       core::CellIndex cells_per_block)
    : genes_(genes),
      description_(fmt::format("{}: {}", file.path().string(), source.matrix_path)),
      log_normalised_(source.log_normalised),
      cells_per_block_(cells_per_block),
      rows_(file.read_rows(source.matrix_path, {.memory_bytes = kTransposeMemory, .temporary_folder = {}})) {
  pending_ = reader_.submit([this] { return read_ahead(); });
}

bool CellStream::next(sparse::CsrMatrix& log_norm) {
  if (!pending_.valid() || !pending_.get()) return false;
  std::swap(log_norm, ahead_);
  pending_ = reader_.submit([this] { return read_ahead(); });
  return true;
}

bool CellStream::read_ahead() {
  sparse::CsrMatrix values;
  if (!rows_->next(cells_per_block_, values)) return false;
  sparse::check_counts(values.view(), description_, cells_read_, genes_.names);
  cells_read_ += values.n_cells;
  ahead_ = prepare(std::move(values));
  return true;
}

sparse::CsrMatrix CellStream::prepare(sparse::CsrMatrix values) const {
  // Repeats of a gene are sums of counts, and logs are not: they go back to the scale of counts for it.
  const bool sums_logs = log_normalised_ && genes_.alignment.n_repeated() > 0;
  if (sums_logs) {
    for (float& value : values.data) value = std::expm1(value);
  }
  sparse::CsrMatrix aligned = genes_.alignment.apply(values.view());
  if (sums_logs) {
    for (float& value : aligned.data) value = std::log1p(value);
  }
  if (!log_normalised_) sparse::log_normalise(aligned);
  return aligned;
}

}  // namespace sctab::annotate
