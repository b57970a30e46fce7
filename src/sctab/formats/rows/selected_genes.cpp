#include "sctab/formats/rows/selected_genes.hpp"

#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/formats/rows/sparse_checks.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::rows {
namespace {

class SelectedGenes final : public formats::RowReader {
 public:
  SelectedGenes(std::unique_ptr<formats::RowReader> rows, std::vector<core::GeneIndex> new_gene_of_old,
                core::GeneIndex n_genes)
      : rows_(std::move(rows)), new_gene_of_old_(std::move(new_gene_of_old)), n_genes_(n_genes) {
    core::GeneIndex last = -1;
    for (const core::GeneIndex gene : new_gene_of_old_) {
      SCTAB_ASSERT(gene >= -1 && gene < n_genes);
      if (gene < 0) continue;
      keeps_order_ = keeps_order_ && gene > last;
      last = gene;
    }
  }

  Work claim(core::CellIndex max_cells) override {
    Work work = rows_->claim(max_cells);
    if (!work) return work;
    return [this, work = std::move(work)](sparse::CsrMatrix& block) {
      work(block);
      select(block);
    };
  }

 private:
  void select(sparse::CsrMatrix& block) const {
    SCTAB_ASSERT(std::cmp_equal(block.n_genes, new_gene_of_old_.size()));
    std::size_t out = 0, in = 0;
    for (std::size_t row = 1; row < block.indptr.size(); ++row) {
      for (const auto end = static_cast<std::size_t>(block.indptr[row]); in < end; ++in) {
        const core::GeneIndex gene = new_gene_of_old_[static_cast<std::size_t>(block.indices[in])];
        if (gene < 0) continue;
        block.indices[out] = gene;
        block.data[out++] = block.data[in];
      }
      block.indptr[row] = static_cast<std::int64_t>(out);
    }
    block.indices.resize(out);
    block.data.resize(out);
    block.n_genes = n_genes_;
    if (!keeps_order_) tidy_rows(block);  // sums may be zero
  }

  std::unique_ptr<formats::RowReader> rows_;
  std::vector<core::GeneIndex> new_gene_of_old_;
  core::GeneIndex n_genes_;
  bool keeps_order_ = true;
};

}  // namespace

std::unique_ptr<formats::RowReader> make_selected_genes(std::unique_ptr<formats::RowReader> rows,
                                                        std::vector<core::GeneIndex> new_gene_of_old,
                                                        core::GeneIndex n_genes) {
  return std::make_unique<SelectedGenes>(std::move(rows), std::move(new_gene_of_old), n_genes);
}

}  // namespace sctab::rows
