#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "sctab/core/rng.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::tests {

inline std::string cl_id(std::uint64_t number) {
  return fmt::format("CL:{:07}", number);
}

/// A term named for its id.
inline ontology::Term term(std::uint64_t number, std::vector<std::uint64_t> parents = {}) {
  ontology::Term result;
  result.id = cl_id(number);
  result.name = fmt::format("type {}", number);
  for (const auto parent : parents) result.parents.push_back(cl_id(parent));
  return result;
}

/// Terms 0 … n-1, each with up to three parents of any number: cycles and repeated edges are likely.
inline std::vector<ontology::Term> random_terms(std::uint64_t n, core::Rng rng, bool acyclic) {
  std::vector<ontology::Term> terms;
  for (std::uint64_t t = 0; t < n; ++t) {
    std::vector<std::uint64_t> parents;
    const std::uint64_t bound = acyclic ? t : n;
    for (std::uint64_t k = rng.below(4); k > 0 && bound > 0; --k) parents.push_back(rng.below(bound));
    terms.push_back(term(t, parents));
  }
  return terms;
}

/// reach[a][b]: b is a, or lies above it, by Warshall's closure over the edges as written.
inline std::vector<std::vector<bool>> closure_reference(const std::vector<ontology::Term>& terms) {
  const std::size_t n = terms.size();
  std::vector<std::vector<bool>> reach(n, std::vector<bool>(n, false));
  for (std::size_t a = 0; a < n; ++a) {
    reach[a][a] = true;
    for (std::size_t b = 0; b < n; ++b) {
      for (const auto& parent : terms[a].parents) reach[a][b] = reach[a][b] || parent == terms[b].id;
    }
  }
  for (std::size_t via = 0; via < n; ++via) {
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b < n; ++b) reach[a][b] = reach[a][b] || (reach[a][via] && reach[via][b]);
    }
  }
  return reach;
}

}  // namespace sctab::tests
