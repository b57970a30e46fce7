#include "sctab/ontology/obo_graphs.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "sctab/core/json_file.hpp"

namespace sctab::ontology {
namespace {

using core::JsonFields;

constexpr std::string_view kPurl = "http://purl.obolibrary.org/obo/";

std::string_view without_purl(std::string_view text) {
  if (text.starts_with(kPurl)) text.remove_prefix(kPurl.size());
  return text;
}

/// http://purl.obolibrary.org/obo/CL_0000084 or CL:0000084 -> CL:0000084; empty for other terms.
std::string cl_id_in(std::string_view iri) {
  std::string id(without_purl(iri));
  if (id.starts_with("CL_")) id[2] = ':';
  return id.starts_with("CL:") ? id : "";
}

std::vector<JsonFields> objects_or_none(const JsonFields& fields, const char* key) {
  return fields.has(key) ? fields.objects(key) : std::vector<JsonFields>();
}

void read_property(const JsonFields& property, Term& term) {
  const auto predicate = property.get<std::string>("pred");
  const auto id = cl_id_in(property.get<std::string>("val"));
  if (id.empty()) return;
  if (predicate.ends_with("IAO_0100001")) term.replaced_by.push_back(id);
  if (predicate.ends_with("#consider")) term.consider.push_back(id);
  if (predicate.ends_with("#hasAlternativeId")) term.alt_ids.push_back(id);
}

Term read_node(const JsonFields& node, std::string id) {
  Term term;
  term.id = std::move(id);
  term.name = node.find<std::string>("lbl").value_or("");
  if (!node.has("meta")) return term;
  const JsonFields meta = node.object("meta");
  term.obsolete = meta.find<bool>("deprecated").value_or(false);
  for (const JsonFields& synonym : objects_or_none(meta, "synonyms")) {
    if (synonym.get<std::string>("pred") == "hasExactSynonym") {
      term.exact_synonyms.push_back(synonym.get<std::string>("val"));
    }
  }
  for (const JsonFields& property : objects_or_none(meta, "basicPropertyValues")) read_property(property, term);
  return term;
}

using Parents = std::unordered_map<std::string, std::vector<std::string>>;

Parents read_edges(const JsonFields& graph) {
  Parents parents;
  for (const JsonFields& edge : objects_or_none(graph, "edges")) {
    if (edge.get<std::string>("pred") != "is_a") continue;
    auto child = cl_id_in(edge.get<std::string>("sub"));
    auto parent = cl_id_in(edge.get<std::string>("obj"));
    if (!child.empty() && !parent.empty()) parents[std::move(child)].push_back(std::move(parent));
  }
  return parents;
}

void read_graph(const JsonFields& graph, TermList& terms) {
  auto parents = read_edges(graph);
  for (const JsonFields& node : objects_or_none(graph, "nodes")) {
    auto id = cl_id_in(node.get<std::string>("id"));
    if (id.empty() || node.find<std::string>("type").value_or("CLASS") != "CLASS") continue;
    auto term = read_node(node, std::move(id));
    if (const auto found = parents.find(term.id); found != parents.end()) term.parents = std::move(found->second);
    terms.add(std::move(term), node.place());
  }
  if (graph.has("meta") && terms.version.empty()) {
    terms.version = without_purl(graph.object("meta").find<std::string>("version").value_or(""));
  }
}

}  // namespace

TermList parse_obo_graphs(const nlohmann::json& json, std::string source) {
  const JsonFields root(json, {.file = source, .next_step = "download the file again; it is damaged"});
  TermList terms(std::move(source));
  for (const JsonFields& graph : root.objects("graphs")) read_graph(graph, terms);
  return terms;
}

}  // namespace sctab::ontology
