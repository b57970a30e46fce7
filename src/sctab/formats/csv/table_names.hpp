#pragma once

#include <string>
#include <vector>

#include "sctab/formats/dataframe.hpp"

namespace sctab::csv {

/// Texts with a title.
struct NamedTexts {
  std::string title;
  formats::Strings texts;
};

/// The names of genes, and their symbols where they are not the names.
struct GeneNames {
  formats::Strings names, symbols;
};
/// candidates: texts that may name genes, those that name the rows or columns first; at least one. The names are the
/// first that are Ensembl ids (where one is missing, the row's own name), else the first unless only others look like
/// symbols. The symbols are the first others that are titled or look like symbols.
GeneNames choose_gene_names(std::vector<NamedTexts> candidates);

/// A column of text as what all of it is: integers, numbers (missing ones are NaN), booleans, else text, in which "",
/// "NA" and the like are missing.
formats::ColumnValues typed(formats::Categorical column);

}  // namespace sctab::csv
