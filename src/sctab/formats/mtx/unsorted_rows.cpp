#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/mtx/matrix_rows.hpp"
#include "sctab/formats/mtx/matrix_text.hpp"
#include "sctab/formats/rows/cell_spool.hpp"

namespace sctab::mtx {
namespace {

/// All entries go through a CellSpool at the first claim: threads take stretches of the text in turn.
class UnsortedRows final : public formats::RowReader {
 public:
  UnsortedRows(const MatrixPlan& plan, formats::ReadOptions options) : plan_(plan), options_(std::move(options)) {}

  Work claim(CellIndex max_cells) override {
    SCTAB_ASSERT(max_cells > 0);
    if (plan_.n_cells == 0) return {};
    if (!rows_) rows_ = spool(max_cells);
    return rows_->claim(max_cells);
  }

 private:
  /// The text, and the number of the next strip.
  struct Source {
    explicit Source(const Part& part) : text(part, MatrixText::Ahead::kYes) {}
    std::mutex mutex;
    MatrixText text;
    std::int64_t n_strips = 0;
  };

  [[nodiscard]] std::unique_ptr<formats::RowReader> spool(CellIndex max_cells) const {
    Source source(plan_.part);
    rows::CellSpool spool({.file = source.text.path().string()}, plan_.n_cells, options_);
    spool.expect_claims(std::min(max_cells, plan_.n_cells));
    constexpr int kMostThreads = 4;  // as many strips as the spool plans for
    const int n_threads = std::clamp(options_.threads, 1, kMostThreads);
    core::ThreadPool pool(n_threads);
    pool.parallel_for(n_threads, [&](std::int64_t) {
      while (add_strip(source, spool)) core::check_interrupt();
    });
    return std::move(spool).rows(plan_.n_genes);
  }

  /// False once nothing is left.
  bool add_strip(Source& source, rows::CellSpool& spool) const {
    constexpr std::int64_t kLeastBytesOfLine = 6;  // "1 1 1\n"
    const std::int64_t n_bytes = std::min<std::int64_t>(1 << 23, spool.entries_of_strip() * kLeastBytesOfLine);
    std::string lines;
    std::int64_t first_line = 0, number = 0;
    {
      const std::lock_guard lock(source.mutex);
      bool more = true;
      while (more && std::ssize(source.text.lines()) < n_bytes) more = source.text.read_more();
      if (source.text.lines().empty()) return false;
      first_line = source.text.line_number();
      lines = source.text.take(source.text.lines().size());
      number = source.n_strips++;
    }
    std::vector<std::int32_t> cells;
    std::vector<GeneIndex> genes;
    std::vector<float> values;
    EntryCursor cursor(lines, first_line, source.text.header(), source.text.path());
    for (Entry entry; cursor.next(entry);) {
      const GeneIndex gene = plan_.gene(entry);
      if (gene < 0 || entry.value == 0) continue;
      cells.push_back(static_cast<std::int32_t>(plan_.cell(entry)));
      genes.push_back(gene);
      values.push_back(entry.value);
    }
    spool.add_strip({number, cells, genes, values});
    return true;
  }

  MatrixPlan plan_;
  formats::ReadOptions options_;
  std::unique_ptr<formats::RowReader> rows_;
};

}  // namespace

std::unique_ptr<formats::RowReader> make_unsorted_rows(const MatrixPlan& plan, const formats::ReadOptions& options) {
  return std::make_unique<UnsortedRows>(plan, options);
}

}  // namespace sctab::mtx
