#include "sctab/ontology/obo_graphs.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "sctab/core/error.hpp"

namespace sctab::ontology {
namespace {

constexpr std::string_view kPurl = "http://purl.obolibrary.org/obo/";

std::string_view without_purl(std::string_view text) {
  if (text.starts_with(kPurl)) text.remove_prefix(kPurl.size());
  return text;
}

/// http://purl.obolibrary.org/obo/CL_0000084 or CL:0000084 -> CL:0000084; empty for what is no CL term.
std::string cl_id_in(std::string_view iri) {
  std::string id(without_purl(iri));
  if (id.starts_with("CL_")) id[2] = ':';
  return id.starts_with("CL:") ? id : "";
}

const nlohmann::json& list_in(const nlohmann::json& json, const char* key) {
  static const nlohmann::json none = nlohmann::json::array();
  const auto found = json.find(key);
  return found == json.end() ? none : *found;
}

void read_property(const nlohmann::json& property, Term& term) {
  const auto predicate = property.at("pred").get<std::string>();
  const auto id = cl_id_in(property.at("val").get<std::string>());
  if (id.empty()) return;
  if (predicate.ends_with("IAO_0100001")) term.replaced_by.push_back(id);
  if (predicate.ends_with("#consider")) term.consider.push_back(id);
  if (predicate.ends_with("#hasAlternativeId")) term.alt_ids.push_back(id);
}

Term read_node(const nlohmann::json& node, std::string id) {
  Term term;
  term.id = std::move(id);
  term.name = node.value("lbl", "");
  const auto meta = node.find("meta");
  if (meta == node.end()) return term;
  term.obsolete = meta->value("deprecated", false);
  for (const auto& synonym : list_in(*meta, "synonyms")) {
    if (synonym.at("pred") == "hasExactSynonym") term.exact_synonyms.push_back(synonym.at("val").get<std::string>());
  }
  for (const auto& property : list_in(*meta, "basicPropertyValues")) read_property(property, term);
  return term;
}

using Parents = std::unordered_map<std::string, std::vector<std::string>>;

Parents read_edges(const nlohmann::json& graph, const std::string& graph_place, std::string& place) {
  Parents parents;
  std::size_t n = 0;
  for (const auto& edge : list_in(graph, "edges")) {
    place = fmt::format("{}.edges[{}]", graph_place, n++);
    const auto predicate = edge.at("pred").get<std::string>();
    if (predicate != "is_a") continue;
    auto child = cl_id_in(edge.at("sub").get<std::string>());
    auto parent = cl_id_in(edge.at("obj").get<std::string>());
    if (!child.empty() && !parent.empty()) parents[std::move(child)].push_back(std::move(parent));
  }
  return parents;
}

void read_graph(const nlohmann::json& graph, const std::string& graph_place, std::string& place, TermList& terms) {
  auto parents = read_edges(graph, graph_place, place);
  std::size_t n = 0;
  for (const auto& node : list_in(graph, "nodes")) {
    place = fmt::format("{}.nodes[{}]", graph_place, n++);
    auto id = cl_id_in(node.at("id").get<std::string>());
    if (id.empty() || node.value("type", "CLASS") != "CLASS") continue;
    auto term = read_node(node, std::move(id));
    if (const auto found = parents.find(term.id); found != parents.end()) term.parents = std::move(found->second);
    terms.add(std::move(term), place);
  }
  const auto meta = graph.find("meta");
  if (meta != graph.end() && terms.version.empty()) terms.version = without_purl(meta->value("version", ""));
}

}  // namespace

TermList parse_obo_graphs(const nlohmann::json& json, std::string source) {
  TermList terms(std::move(source));
  std::string place = "graphs";
  try {
    std::size_t n = 0;
    for (const auto& graph : json.at("graphs").get_ref<const nlohmann::json::array_t&>()) {
      const auto graph_place = fmt::format("graphs[{}]", n++);
      place = graph_place;
      read_graph(graph, graph_place, place, terms);
    }
  } catch (const nlohmann::json::exception& error) {
    throw core::InputError(fmt::format("{}: {}: {}; expected OBO-graphs json, the file is damaged: fetch it again",
                                       terms.source(), place, error.what()));
  }
  return terms;
}

}  // namespace sctab::ontology
