#pragma once

#include <future>
#include <memory>
#include <string>

#include "sctab/anndata/reader.hpp"
#include "sctab/annotate/gene_match.hpp"
#include "sctab/core/thread_pool.hpp"

namespace sctab::annotate {

/// The cells of one matrix in order, ready for a network: checked, aligned to the model's genes, log-normalised. A
/// thread reads the next block while the caller works on the current one.
class CellStream {
 public:
  /// `file` and `genes` must outlive it; cells_per_block > 0.
  CellStream(const anndata::File& file, const anndata::CountsSource& source, const GeneMatch& genes,
             core::CellIndex cells_per_block);

  /// Fills `log_norm` with (n × genes of the model), n at most cells_per_block. A cell without counts in the model's
  /// genes is an empty row. Returns false at the end. Throws InputError naming the first cell with a value that is
  /// negative or not finite.
  bool next(sparse::CsrMatrix& log_norm);

 private:
  bool read_ahead();
  [[nodiscard]] sparse::CsrMatrix prepare(sparse::CsrMatrix values) const;

  const GeneMatch& genes_;
  std::string description_;  // "FILE: raw/X", for messages
  bool log_normalised_;
  core::CellIndex cells_per_block_, cells_read_ = 0;
  std::unique_ptr<anndata::RowReader> rows_;
  sparse::CsrMatrix ahead_;
  std::future<bool> pending_;
  core::ThreadPool reader_{1};  // last: it is joined before what it fills goes
};

}  // namespace sctab::annotate
