#include "sctab/annotate/gene_match.hpp"

#include <fmt/format.h>

#include "sctab/core/error.hpp"

namespace sctab::annotate {
namespace {

std::string_view next_step(sparse::GeneIdKind kind) {
  switch (kind) {
    case sparse::GeneIdKind::kEnsemblHuman:
      return "choose a model trained on this gene set, or give the file before genes were filtered";
    case sparse::GeneIdKind::kEnsemblOther:
      return "the model knows human genes; map the ids to their human orthologues first";
    case sparse::GeneIdKind::kSymbol:
      return "are they human symbols? Ensembl ids in a column of var (gene_ids, say) match best";
    case sparse::GeneIdKind::kNumber:
      return "put Ensembl ids or symbols in the index of var";
  }
  return "";
}

}  // namespace

GeneMatch match_genes(const anndata::File& file, std::string_view matrix_path, const sparse::GeneList& model_genes,
                      double min_found) {
  sparse::SymbolTable symbols;
  symbols.add(model_genes);
  anndata::Strings names = anndata::gene_names(file, matrix_path);
  sparse::GeneAlignment alignment(names, model_genes, symbols);
  if (static_cast<double>(alignment.n_found()) < min_found * static_cast<double>(model_genes.size())) {
    const sparse::GeneIdKind kind = sparse::detect_id_kind(names);
    throw core::InputError(
        fmt::format("{}: {} of the model's {} genes found, at least {:.0f}% expected; the file's {} "
                    "genes are named by {} (\"{}\"): {}",
                    file.path().string(), alignment.n_found(), model_genes.size(), 100 * min_found, names.size(),
                    sparse::describe(kind), names.empty() ? "" : names.front(), next_step(kind)));
  }
  return {std::move(names), std::move(alignment)};
}

}  // namespace sctab::annotate
