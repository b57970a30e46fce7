#include "sctab/formats/cell_source.hpp"

namespace sctab::formats {

bool RowReader::next(CellIndex max_cells, sparse::CsrMatrix& block) {
  const Work work = claim(max_cells);
  if (!work) {
    block.clear(0);
    return false;
  }
  work(block);
  return true;
}

}  // namespace sctab::formats
