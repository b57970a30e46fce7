#pragma once

#include <memory>
#include <vector>

#include "sctab/formats/cell_source.hpp"

namespace sctab::rows {

/// Some genes of other rows. new_gene_of_old: for each gene of `rows` its place among n_genes, or -1 to leave it out;
/// values of genes that share a place are summed.
std::unique_ptr<formats::RowReader> make_selected_genes(std::unique_ptr<formats::RowReader> rows,
                                                        std::vector<core::GeneIndex> new_gene_of_old,
                                                        core::GeneIndex n_genes);

}  // namespace sctab::rows
