#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sctab/genes/genes.hpp"

namespace sctab::tests {

/// gene_id(7) is "ENSG00000000007".
inline std::string gene_id(std::int64_t number) {
  return fmt::format("ENSG{:011}", number);
}

/// n ids, from gene_id(first) on.
inline std::vector<std::string> gene_ids(std::int64_t n, std::int64_t first = 1) {
  std::vector<std::string> ids;
  for (std::int64_t i = 0; i < n; ++i) ids.push_back(gene_id(first + i));
  return ids;
}

/// Genes 0 to n - 1, with symbols "GENE0", "GENE1", …
inline genes::GeneList gene_list(std::int64_t n) {
  genes::GeneList genes{.ids = gene_ids(n, 0), .symbols = {}};
  for (std::int64_t i = 0; i < n; ++i) genes.symbols.push_back(fmt::format("GENE{}", i));
  return genes;
}

}  // namespace sctab::tests
