#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/cell_source.hpp"
#include "sctab/genes/genes.hpp"

namespace sctab::corpus {

using core::CellIndex;

/// One input file, as the first pass found it. Files are opened again for the second: hundreds need not stay open.
struct Source {
  std::filesystem::path path;
  std::int64_t bytes = 0, modified = 0;   // size, and seconds since 1970
  CellIndex first_cell = 0, n_cells = 0;  // its cells' place in the CellTable
  formats::CountsSource counts;
};

/// Finds the counts of a file. counts_name: as the user named them, or empty.
Source inspect_source(const formats::CellSource& file, const std::string& counts_name, CellIndex first_cell);

struct StreamOptions {
  std::int64_t block_bytes = 100'000'000;  // of one block of cells in memory; four are held
  formats::ReadOptions read;
};

/// Receives kept cells: counts over the target genes, and each one's row in the source. Called from one thread, in the
/// order of the rows.
using CountsReceiver = std::function<void(sparse::CsrView, const std::vector<CellIndex>& rows)>;

/// Reads the counts of a source in blocks, the next one while the pool checks and aligns this one. Every cell is
/// checked; those with keep[row] != 0 are aligned and passed on. Throws InputError naming file, matrix and cell.
void stream_counts(const Source& source, const std::vector<std::uint8_t>& keep, const genes::GeneAlignment& alignment,
                   const StreamOptions& options, core::ThreadPool& pool, const CountsReceiver& receive);

}  // namespace sctab::corpus
