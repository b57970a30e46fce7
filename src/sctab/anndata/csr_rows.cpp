#include <fmt/format.h>

#include <algorithm>

#include "sctab/anndata/array_reader.hpp"
#include "sctab/anndata/matrix_layout.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"

namespace sctab::anndata {
namespace {

class CsrRows final : public RowReader {
 public:
  CsrRows(const Handle& group, const MatrixInfo& info)
      : info_(info),
        where_(location(group.id())),
        indptr_(open_dataset(group.id(), "indptr")),
        indices_(open_dataset(group.id(), "indices")),
        data_(open_dataset(group.id(), "data")) {}

  bool next(CellIndex max_cells, sparse::CsrMatrix& block) override {
    SCTAB_ASSERT(max_cells > 0);
    core::check_interrupt();
    block.clear(info_.n_genes);
    if (next_cell_ >= info_.n_cells) return false;
    const CellIndex n = std::min(max_cells, info_.n_cells - next_cell_);
    block.indptr.resize(static_cast<std::size_t>(n) + 1);
    indptr_.read(next_cell_, std::span(block.indptr));
    check_indptr(block.indptr, next_cell_, info_.nnz, where_);
    const std::int64_t begin = block.indptr.front();
    if (next_cell_ + n == info_.n_cells && block.indptr.back() != info_.nnz) {
      throw core::InputError(
          fmt::format("{}: indptr ends at {}, there are {} values; the file is damaged: write it "
                      "again",
                      where_, block.indptr.back(), info_.nnz));
    }
    const auto nnz = static_cast<std::size_t>(block.indptr.back() - begin);
    block.indices.resize(nnz);
    block.data.resize(nnz);
    indices_.read(begin, std::span(block.indices));
    data_.read(begin, std::span(block.data));
    for (std::int64_t& offset : block.indptr) offset -= begin;
    block.n_cells = n;
    check_genes(block);
    tidy_rows(block);
    next_cell_ += n;
    return true;
  }

 private:
  void check_genes(const sparse::CsrMatrix& block) const {
    const auto outside = [this](GeneIndex gene) { return gene < 0 || gene >= info_.n_genes; };
    const auto bad = std::find_if(block.indices.begin(), block.indices.end(), outside);
    if (bad == block.indices.end()) return;
    const std::int64_t position = bad - block.indices.begin();
    const auto row_end = std::upper_bound(block.indptr.begin(), block.indptr.end(), position);
    throw core::InputError(
        fmt::format("{}: cell {} has a value in a column outside of the {} genes; the file is "
                    "damaged: write it again",
                    where_, next_cell_ + (row_end - block.indptr.begin()) - 1, info_.n_genes));
  }

  MatrixInfo info_;
  std::string where_;
  ArrayReader indptr_, indices_, data_;
  CellIndex next_cell_ = 0;
};

}  // namespace

std::unique_ptr<RowReader> make_csr_rows(hid_t file, const MatrixInfo& info) {
  return std::make_unique<CsrRows>(open_group(file, info.path), info);
}

}  // namespace sctab::anndata
