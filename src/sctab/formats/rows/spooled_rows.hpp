#pragma once

#include <memory>

#include "sctab/formats/cell_source.hpp"
#include "sctab/formats/rows/entry_store.hpp"

namespace sctab::rows {

/// Loads, and strips while they are sorted, that are held at a time, however many threads there are: their memory is
/// shared out, and the smaller they are, the more parts of strips there are to know of and to read.
inline constexpr int kMostHeld = 4;

/// The rows of a finished store. n_held: loads at a time, at most kMostHeld, that are to take half of memory_bytes.
std::unique_ptr<formats::RowReader> make_spooled_rows(std::unique_ptr<EntryStore> store, GeneIndex n_genes,
                                                      std::int64_t memory_bytes, int n_held);

}  // namespace sctab::rows
