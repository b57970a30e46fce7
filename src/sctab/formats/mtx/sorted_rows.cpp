#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/mtx/matrix_rows.hpp"
#include "sctab/formats/mtx/matrix_text.hpp"

namespace sctab::mtx {
namespace {

/// Sorts each cell's genes and sums repeats where there is need.
void put_genes_in_order(sparse::CsrMatrix& cells) {
  bool sorted = true;
  for (CellIndex cell = 0; cell < cells.n_cells; ++cell) {
    const auto begin = cells.indptr[static_cast<std::size_t>(cell)];
    const auto end = cells.indptr[static_cast<std::size_t>(cell) + 1];
    if (sparse::strictly_ascending(cells.row(cell).indices)) continue;
    // Some versions of Cell Ranger wrote a cell's genes from the last to the first.
    std::reverse(cells.indices.begin() + begin, cells.indices.begin() + end);
    std::reverse(cells.data.begin() + begin, cells.data.begin() + end);
    sorted = sorted && sparse::strictly_ascending(cells.row(cell).indices);
  }
  if (!sorted) sparse::sort_and_sum(cells);
}

/// The file's text is cut between cells as it is claimed, by looking at a few lines; whoever has the work reads them
/// all and finds out whether they are in order.
class SortedRows final : public formats::RowReader {
 public:
  explicit SortedRows(const MatrixPlan& plan) : plan_(plan), text_(plan.part, MatrixText::Ahead::kYes) {}

  Work claim(CellIndex max_cells) override {
    SCTAB_ASSERT(max_cells > 0);
    core::check_interrupt();
    if (next_cell_ >= plan_.n_cells) return {};
    const CellIndex first = next_cell_;
    const CellIndex end = std::min(plan_.n_cells, first + max_cells);
    const std::int64_t line = text_.line_number();
    auto lines = std::make_shared<std::string>(text_.take(read_to(end)));
    next_cell_ = end;
    return [this, first, end, line, lines = std::move(lines)](sparse::CsrMatrix& block) {
      fill(first, end, *lines, line, block);
    };
  }

 private:
  /// Reads on to the first cell after the claim. Returns the bytes before it.
  std::size_t read_to(CellIndex end) {
    bool more = true;
    while (more && (end == plan_.n_cells || !has_line_of(end))) {
      more = text_.read_more();
      constexpr std::int64_t kBytesOfByte = 3;  // the lines, and what is made of them
      core::require_memory(std::ssize(text_.lines()), kBytesOfByte,
                           {.file = text_.path().string(),
                            .found = fmt::format("has {} of entries in {}",
                                                 core::format_bytes(static_cast<double>(text_.lines().size())),
                                                 core::plural(end - next_cell_, "cell"))});
    }
    return end == plan_.n_cells ? text_.lines().size() : begin_of(end);
  }

  /// Whether the last line read is of this cell or one behind it.
  [[nodiscard]] bool has_line_of(CellIndex cell) const {
    const std::string_view lines = text_.lines();
    if (lines.empty()) return false;
    const std::size_t before = lines.substr(0, lines.size() - 1).rfind('\n');
    return cell_at(before == std::string_view::npos ? 0 : before + 1) >= cell;
  }

  /// Of the lines, where the first that is of this cell or one behind it begins: found by halving.
  [[nodiscard]] std::size_t begin_of(CellIndex cell) const {
    const std::string_view lines = text_.lines();
    std::size_t low = 0, high = lines.size();  // line begins: those before low are of earlier cells
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      const std::size_t before = middle == 0 ? std::string_view::npos : lines.rfind('\n', middle - 1);
      const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
      if (cell_at(begin) < cell) {
        low = lines.find('\n', begin) + 1;
      } else {
        high = begin;
      }
    }
    return low;
  }

  [[nodiscard]] CellIndex cell_at(std::size_t begin) const {
    const std::string_view lines = text_.lines();
    const std::string_view line = lines.substr(begin, lines.find('\n', begin) + 1 - begin);
    Entry entry;
    try {
      (void)EntryCursor(line, 0, text_.header(), text_.path()).next(entry);
    } catch (const core::InputError& error) {  // which line it is takes long to find out
      core::Problem problem = error.problem();
      problem.line = text_.line_number() + std::ranges::count(lines.substr(0, begin), '\n');
      throw core::InputError(std::move(problem));
    }
    return plan_.cell(entry);
  }

  void fill(CellIndex first, CellIndex end, std::string_view lines, std::int64_t first_line,
            sparse::CsrMatrix& block) const {
    block.clear(plan_.n_genes);
    const auto n_lines = static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
    block.indices.reserve(n_lines);
    block.data.reserve(n_lines);
    EntryCursor cursor(lines, first_line, text_.header(), text_.path());
    CellIndex cell = first;
    const auto end_cells = [&](CellIndex next) {
      for (; cell < next; ++cell) block.indptr.push_back(std::ssize(block.indices));
    };
    for (Entry entry; cursor.next(entry);) {
      const CellIndex of = plan_.cell(entry);
      if (of != cell) {
        if (of < cell || of >= end) refuse_order(cursor, of);
        end_cells(of);
      }
      const GeneIndex gene = plan_.gene(entry);
      if (gene < 0 || entry.value == 0) continue;
      block.indices.push_back(gene);
      block.data.push_back(entry.value);
    }
    end_cells(end);
    block.n_cells = end - first;
    put_genes_in_order(block);
  }

  [[noreturn]] static void refuse_order(const EntryCursor& cursor, CellIndex cell) {
    throw cursor.error({.found = fmt::format("an entry of cell {} among those of other cells", cell + 1),
                        .expected = "entries in the order of the cells, as the file begins",
                        .next_step = "write the matrix again, sorted by cell"});
  }

  MatrixPlan plan_;
  MatrixText text_;
  CellIndex next_cell_ = 0;
};

}  // namespace

std::unique_ptr<formats::RowReader> make_sorted_rows(const MatrixPlan& plan) {
  return std::make_unique<SortedRows>(plan);
}

}  // namespace sctab::mtx
