// Labels cells in two ways: a batch of counts in memory, and a whole h5ad file.
//
//   annotate_example MODEL [FILE.h5ad]
//
// MODEL is a model directory, or the name of an installed model.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <vector>

#include "sctab/annotate/annotate.hpp"
#include "sctab/model/classifier.hpp"
#include "sctab/model/find_model.hpp"
#include "sctab/sparse/csr.hpp"
#include "sctab/sparse/normalise.hpp"

namespace {

using namespace sctab;

/// counts: (cells × genes of the model, in its order), raw. Prints a line per cell.
void label_batch(const model::Classifier& classifier, sparse::CsrMatrix counts) {
  sparse::log_normalise(counts);
  // A covariate's levels follow the genes; a cell without one, like these, has no level.
  counts.n_genes = static_cast<core::GeneIndex>(classifier.description().architecture.n_inputs());
  const model::Prediction prediction = classifier.predict(counts.view());
  for (std::int64_t cell = 0; cell < prediction.n_cells; ++cell) {
    const auto row = prediction.probabilities.begin() + cell * prediction.n_types;
    const auto best = std::max_element(row, row + prediction.n_types);
    const auto& type = classifier.description().cell_types[static_cast<std::size_t>(best - row)];
    std::printf("cell %ld: %s (%s), probability %.3f\n", static_cast<long>(cell), type.label.c_str(), type.id.c_str(),
                static_cast<double>(*best));
  }
}

/// Two made-up cells: the first expresses the first genes of the model, the second the last ones.
sparse::CsrMatrix two_cells(core::GeneIndex n_genes) {
  sparse::CsrMatrix counts;
  counts.clear(n_genes);
  const core::GeneIndex n = std::min<core::GeneIndex>(n_genes, 20);
  for (const core::GeneIndex first : {core::GeneIndex{0}, n_genes - n}) {
    std::vector<core::GeneIndex> genes;  // ascending
    for (core::GeneIndex gene = first; gene < first + n; ++gene) genes.push_back(gene);
    counts.append_row(genes, std::vector<float>(genes.size(), 3.0F));
  }
  return counts;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) return std::fputs("usage: annotate_example MODEL [FILE.h5ad]\n", stderr), 2;
  const auto model = model::find_model(argv[1]);
  const auto classifier = model::Classifier::load(model);
  label_batch(classifier, two_cells(classifier.description().genes.size()));

  if (argc < 3) return 0;
  const annotate::Annotator annotator(model, {});
  const auto result = annotator.annotate({.input = argv[2], .outputs = {{"-", annotate::OutputFormat::kCsv}}});
  std::fprintf(stderr, "%ld cells labelled in %.1f s\n", static_cast<long>(result.n_cells), result.seconds);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "annotate_example: %s\n", error.what());
  return 2;
}
