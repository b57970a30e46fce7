#include "sctab/formats/gene_columns.hpp"

#include <array>

#include "sctab/genes/genes.hpp"

namespace sctab::formats {
namespace {

bool are_ensembl_ids(const Strings& names) {
  using genes::GeneIdKind;
  const GeneIdKind kind = genes::detect_id_kind(names);
  return kind == GeneIdKind::kEnsemblHuman || kind == GeneIdKind::kEnsemblOther;
}

}  // namespace

Strings gene_names_of(Strings index, const GeneColumn& column) {
  constexpr std::array kColumns = {"ensembl_id", "gene_ids",        "gene_id",   "feature_id",
                                   "ensembl",    "ensembl_gene_id", "ensemblid", "feature_ids"};
  if (are_ensembl_ids(index)) return index;
  for (const char* name : kColumns) {
    std::optional<Strings> ids = column(name);
    if (!ids || !are_ensembl_ids(*ids)) continue;
    for (std::size_t row = 0; row < index.size(); ++row) {
      if (!(*ids)[row].empty()) index[row] = std::move((*ids)[row]);
    }
    return index;
  }
  return index;
}

Strings gene_symbols_of(const GeneColumn& column) {
  constexpr std::array kColumns = {"gene_symbol", "gene_symbols", "feature_name", "gene_name", "gene_names", "symbol"};
  for (const char* name : kColumns) {
    if (std::optional<Strings> symbols = column(name)) return *std::move(symbols);
  }
  return {};
}

}  // namespace sctab::formats
