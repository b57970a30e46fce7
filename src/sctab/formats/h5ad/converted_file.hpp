#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "sctab/formats/cell_sink.hpp"
#include "sctab/formats/cell_source.hpp"

namespace sctab::h5ad {

struct ConvertOptions {
  std::optional<formats::CountsSource> counts{};  // becomes X; nothing: as the source finds them
  int threads = 0;                                // that read cells and compress them; 0: all processors, up to 8
};

/// Writes the cells of a source of any format as the new h5ad file `target`, to which results can be added then. X: the
/// counts, or where there are none the matrix that log-normalised values are taken from. obs: all columns, one
/// in memory at a time. var: gene_names() as the index, gene_symbols() as a column. Names that an h5ad cannot have
/// ("a/b") get `_` where it cannot have them. Reads the cells once, before this returns: no RowReader of the source may
/// be in use. Memory does not grow with the cells, but for their names. Throws InputError naming the source, or the
/// target where that cannot be written.
std::unique_ptr<formats::CellSink> convert(const formats::CellSource& source, const std::filesystem::path& target,
                                           const ConvertOptions& options = {});

}  // namespace sctab::h5ad
