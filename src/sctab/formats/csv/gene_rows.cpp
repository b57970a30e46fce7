#include <algorithm>
#include <deque>
#include <future>
#include <memory>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/csv/table_rows.hpp"
#include "sctab/formats/rows/cell_spool.hpp"

namespace sctab::csv {
namespace {

constexpr std::int64_t kMostBytesOfStrip = 1 << 22;

/// Scans lines of genes, some in each thread, into a spool, which gives cells.
class GeneRows final : public formats::RowReader {
 public:
  GeneRows(std::shared_ptr<const Table> table, formats::ReadOptions options)
      : table_(std::move(table)), options_(std::move(options)), scanner_(table_->form.scanner()) {}

  Work claim(core::CellIndex max_cells) override {
    SCTAB_ASSERT(max_cells > 0);
    if (!cells_) cells_ = turn(max_cells);
    return cells_->claim(max_cells);
  }

 private:
  [[nodiscard]] std::unique_ptr<formats::RowReader> turn(core::CellIndex max_cells) const {
    rows::CellSpool spool({.file = table_->path.string(), .matrix = "X"}, scanner_.n_values(), options_);
    spool.expect_claims(max_cells);
    // A value takes two bytes of text at least.
    const auto bytes_of_strip =
        static_cast<std::size_t>(std::min(kMostBytesOfStrip, std::max<std::int64_t>(1, 2 * spool.entries_of_strip())));
    const auto n_threads = static_cast<std::size_t>(std::max(1, options_.threads));
    RowStream stream(*table_);
    std::deque<std::future<void>> running;
    core::ThreadPool pool(static_cast<int>(n_threads));  // ends before what its tasks use
    std::int64_t number = 0, next_gene = 0;
    std::string_view line;
    bool more = stream.next(line);
    while (more) {
      core::check_interrupt();
      auto lines = std::make_shared<RawRows>();
      lines->first_row = next_gene;
      for (; more && (lines->size() == 0 || lines->n_bytes() + line.size() <= bytes_of_strip);
           more = stream.next(line)) {
        lines->add(line);
      }
      next_gene += lines->size();
      if (running.size() > n_threads) {
        running.front().get();
        running.pop_front();
      }
      running.push_back(pool.submit([this, &spool, number, lines] { add_genes(spool, number, *lines); }));
      ++number;
    }
    for (std::future<void>& each : running) each.get();
    return std::move(spool).rows(core::narrow<core::GeneIndex>(next_gene));
  }

  void add_genes(rows::CellSpool& spool, std::int64_t number, const RawRows& lines) const {
    sparse::CsrMatrix genes;  // genes × cells
    genes.clear(scanner_.n_values());
    append_rows(*table_, scanner_, lines, genes);
    std::vector<core::GeneIndex> gene_of;
    gene_of.reserve(genes.data.size());
    for (std::int64_t line = 0; line < lines.size(); ++line) {
      const auto n = genes.row(line).data.size();
      gene_of.insert(gene_of.end(), n, core::narrow<core::GeneIndex>(lines.first_row + line));
    }
    spool.add_strip({.number = number, .cells = genes.indices, .genes = gene_of, .values = genes.data});
  }

  std::shared_ptr<const Table> table_;
  formats::ReadOptions options_;
  RowScanner scanner_;
  std::unique_ptr<formats::RowReader> cells_;
};

}  // namespace

std::unique_ptr<formats::RowReader> make_gene_rows(std::shared_ptr<const Table> table,
                                                   const formats::ReadOptions& options) {
  return std::make_unique<GeneRows>(std::move(table), options);
}

}  // namespace sctab::csv
