#include <string>

#include "fuzz/harnesses.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/text_file.hpp"
#include "sctab/formats/tenx/features.hpp"

namespace sctab::fuzz {

void fuzz_features(Bytes bytes) {
  const std::string path = "features.tsv";
  const tenx::Features features =
      tenx::parse_features(core::checked_text(std::string(bytes.begin(), bytes.end()), path, "a list"), path);
  const tenx::GeneChoice choice = tenx::choose_genes(features, path);
  const auto n_genes = static_cast<std::size_t>(choice.n_genes);
  SCTAB_ASSERT(choice.gene_of_feature.size() == features.size());
  SCTAB_ASSERT(tenx::gene_names(features, choice).size() == n_genes);
  const std::size_t n_symbols = tenx::gene_symbols(features, choice).size();
  SCTAB_ASSERT(n_symbols == 0 || n_symbols == n_genes);
}

}  // namespace sctab::fuzz
