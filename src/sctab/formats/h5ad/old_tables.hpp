#pragma once

#include "sctab/formats/hdf5/handle.hpp"

namespace sctab::h5ad {

/// Whether obs is a table of records, as anndata wrote it before 0.7: it cannot gain columns.
bool has_old_tables(hid_t root);

/// Writes the tables of records of a file of anndata before 0.7 again, in today's encoding: obs and var as dataframes,
/// with the categories that uns held for them, obsm and varm as groups of matrices. All else stays as it is, raw.var
/// and raw.X among it. Memory: twice that of obs. root: of a file open for writing, in which nothing was written so
/// far. The caller holds the hdf5::Lock. Throws InputError where the tables hold what has no place in such a dataframe.
void modernise_tables(hid_t root);

}  // namespace sctab::h5ad
