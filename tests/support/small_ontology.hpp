#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sctab/ontology/ontology.hpp"

namespace sctab::tests {

/// cell > native cell > T cell > {CD4 T cell, CD8 T cell}; native cell > B cell; cell > cultured cell. CL:0000999 is
/// obsolete and replaced by B cell, CL:0000998 is obsolete without replacement.
inline std::vector<ontology::Term> small_terms() {
  std::vector<ontology::Term> terms;
  const auto add = [&terms](std::string id, std::string name, std::vector<std::string> parents) -> ontology::Term& {
    ontology::Term& term = terms.emplace_back();
    term.id = std::move(id);
    term.name = std::move(name);
    term.parents = std::move(parents);
    return term;
  };
  add("CL:0000000", "cell", {});
  add("CL:0000003", "native cell", {"CL:0000000"});
  add("CL:0000084", "T cell", {"CL:0000003"});
  add("CL:0000624", "CD4 T cell", {"CL:0000084"});
  add("CL:0000625", "CD8 T cell", {"CL:0000084"});
  add("CL:0000236", "B cell", {"CL:0000003"});
  add("CL:0000010", "cultured cell", {"CL:0000000"});
  ontology::Term& replaced = add("CL:0000999", "obsolete B cell", {});
  replaced.obsolete = true;
  replaced.replaced_by = {"CL:0000236"};
  add("CL:0000998", "obsolete cell", {}).obsolete = true;
  return terms;
}

inline ontology::Ontology small_ontology() {
  return {small_terms(), "small/1"};
}

/// The same as an obo file's text.
inline std::string small_obo() {
  std::string text = "format-version: 1.2\ndata-version: small/1\n";
  for (const auto& term : small_terms()) {
    text += "\n[Term]\nid: " + term.id + "\nname: " + term.name + "\n";
    for (const auto& parent : term.parents) text += "is_a: " + parent + "\n";
    if (term.obsolete) text += "is_obsolete: true\n";
    for (const auto& id : term.replaced_by) text += "replaced_by: " + id + "\n";
  }
  return text;
}

}  // namespace sctab::tests
