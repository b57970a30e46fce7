#include "sctab/formats/mtx/inspect.hpp"

#include <vector>

#include "sctab/core/interrupt.hpp"
#include "sctab/formats/mtx/matrix_text.hpp"

namespace sctab::mtx {

Inspection inspect(const MatrixPlan& plan) {
  constexpr std::int64_t kMostBytes = 16 << 20, kBytesOfPiece = 1 << 18;
  MatrixText text(plan.part, MatrixText::Ahead::kNo);
  Inspection found;
  bool in_order = true;
  bool any_neighbours = false;  // two entries of one cell, one after the other
  CellIndex last_cell = -1;
  bool more = true;
  std::vector<float> values;
  for (std::int64_t n_bytes = 0; more && n_bytes < kMostBytes;) {
    core::check_interrupt();
    while (more && std::ssize(text.lines()) < kBytesOfPiece) more = text.read_more();
    const std::int64_t first_line = text.line_number();
    const std::string lines = text.take(text.lines().size());
    n_bytes += std::ssize(lines);
    values.clear();
    EntryCursor cursor(lines, first_line, text.header(), text.path());
    for (Entry entry; cursor.next(entry);) {
      const CellIndex cell = plan.cell(entry);
      in_order = in_order && cell >= last_cell;
      any_neighbours = any_neighbours || cell == last_cell;
      last_cell = cell;
      if (plan.gene(entry) >= 0) values.push_back(entry.value);
    }
    found.values.add(values);
  }
  // A first gene that all cells have looks like order by cell, too.
  found.is_sorted = in_order && (any_neighbours || !more);
  return found;
}

}  // namespace sctab::mtx
