#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "sctab/formats/dataframe.hpp"

namespace sctab::formats {

/// A text column of a table of genes by its name; nothing where there is none.
using GeneColumn = std::function<std::optional<Strings>(std::string_view name)>;

/// The names by which genes can be matched: `index` (the names of the rows) if it holds Ensembl ids, else the column
/// that does (ensembl_id, gene_ids, feature_id, …; rows without one keep their name), else `index` (symbols).
Strings gene_names_of(Strings index, const GeneColumn& column);
/// The column of gene symbols (gene_symbol, feature_name, …); empty where there is none.
Strings gene_symbols_of(const GeneColumn& column);

}  // namespace sctab::formats
