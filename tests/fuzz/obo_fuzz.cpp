#include <nlohmann/json.hpp>

#include "fuzz/harnesses.hpp"
#include "fuzz/memory_file.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::fuzz {

/// The Cell Ontology as obo, and all that is asked of its graph.
void fuzz_obo(Bytes bytes) {
  const MemoryFile file(bytes);
  const auto ontology = ontology::Ontology::load(file.path());
  for (ontology::TermIndex term = 0; term < ontology.size(); ++term) {
    (void)ontology.ancestors(term);
    (void)ontology.resolve(ontology.term(term).id);
  }
  (void)ontology.to_json();
}

}  // namespace sctab::fuzz
