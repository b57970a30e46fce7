#include "sctab/annotate/gene_match.hpp"

#include <fmt/format.h>

#include "sctab/core/error.hpp"

namespace sctab::annotate {
namespace {

std::string_view next_step(genes::GeneIdKind kind) {
  switch (kind) {
    case genes::GeneIdKind::kEnsemblHuman:
      return "choose a model trained on this gene set, or give the file before genes were filtered";
    case genes::GeneIdKind::kEnsemblOther:
      return "the model knows human genes; map the ids to their human orthologues first";
    case genes::GeneIdKind::kSymbol:
      return "are they human symbols? Ensembl ids in a column of var (gene_ids, say) match best";
    case genes::GeneIdKind::kNumber:
      return "put Ensembl ids or symbols in the index of var";
  }
  return "";
}

}  // namespace

GeneMatch match_genes(const h5ad::File& file, std::string_view matrix_path, const genes::GeneList& model_genes,
                      double min_found) {
  genes::SymbolTable symbols;
  symbols.add(model_genes);
  h5ad::Strings names = h5ad::gene_names(file, matrix_path);
  genes::GeneAlignment alignment(names, model_genes, symbols);
  if (static_cast<double>(alignment.n_found()) < min_found * static_cast<double>(model_genes.size())) {
    const genes::GeneIdKind kind = genes::detect_id_kind(names);
    throw core::InputError(
        fmt::format("{}: {} of the model's {} genes found, at least {:.0f}% expected; the file's {} "
                    "genes are named by {} (\"{}\"): {}",
                    file.path().string(), alignment.n_found(), model_genes.size(), 100 * min_found, names.size(),
                    genes::describe(kind), names.empty() ? "" : names.front(), next_step(kind)));
  }
  return {std::move(names), std::move(alignment)};
}

}  // namespace sctab::annotate
