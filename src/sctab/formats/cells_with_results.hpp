#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "sctab/formats/cell_sink.hpp"
#include "sctab/formats/cell_source.hpp"

namespace sctab::formats {

struct ResultsTarget {
  std::filesystem::path path;    // to write to
  std::filesystem::path shown;   // its name in messages
  std::string_view ending = {};  // ".h5ad", ".h5mu": decides what is written
};

/// Begins a file of a source's cells to which results can be added: a copy of the source where its format has this
/// ending, else an h5ad of its cells, whose X are `counts`. Throws InputError where neither can be, and as
/// CellSource::copy_to() does.
std::unique_ptr<CellSink> begin_cells_with_results(const CellSource& source, const ResultsTarget& target,
                                                   const CountsSource& counts);

}  // namespace sctab::formats
