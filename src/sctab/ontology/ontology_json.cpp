#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/text_file.hpp"
#include "sctab/ontology/ontology.hpp"

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

/// Reads OBO-graphs json ({"graphs": [{"nodes", "edges", "meta"}]}) as ROBOT writes it: class nodes with a CL id and
/// the is_a edges among them; of several graphs, all. Throws InputError naming `source` and the node's or edge's place.
TermList parse_obo_graphs(const nlohmann::json& json, std::string source) {
  const JsonFields root(json, {.file = source, .next_step = "download the file again; it is damaged"});
  TermList terms(std::move(source));
  for (const JsonFields& graph : root.objects("graphs")) read_graph(graph, terms);
  return terms;
}

constexpr std::string_view kFormat = "sctab-ontology";
constexpr int kFormatVersion = 1;

constexpr std::pair<const char*, std::vector<std::string> Term::*> kLists[] = {
    {"exact_synonyms", &Term::exact_synonyms},
    {"parents", &Term::parents},
    {"replaced_by", &Term::replaced_by},
    {"consider", &Term::consider},
    {"alt_ids", &Term::alt_ids}};

Term read_term(const JsonFields& fields) {
  Term term;
  term.id = fields.get<std::string>("id");
  term.name = fields.get<std::string>("name");
  term.obsolete = fields.find<bool>("obsolete").value_or(false);
  for (const auto& [key, list] : kLists) {
    if (fields.has(key)) term.*list = fields.get<std::vector<std::string>>(key);
  }
  return term;
}

TermList parse_own(const nlohmann::json& json, std::string source) {
  const JsonFields root(json, {.file = source, .next_step = "restore the file; it is damaged"});
  if (root.find<std::string>("format") != kFormat || root.find<std::int64_t>("format_version") != kFormatVersion) {
    throw core::InputError({.file = source,
                            .key = "format_version",
                            .found = json.value("format_version", nlohmann::json()).dump(),
                            .expected = fmt::format("{} {}", kFormat, kFormatVersion),
                            .next_step = "update sctab, which wrote the file in another version"});
  }
  TermList terms(std::move(source));
  terms.version = root.get<std::string>("version");
  for (const JsonFields& term : root.objects("terms")) terms.add(read_term(term), term.place());
  return terms;
}

/// Reads our ontology.json, {"format": "sctab-ontology", "format_version": 1, "version", "terms": […]}, or OBO-graphs
/// json, {"graphs": […]}, telling them apart by their keys. Throws InputError naming `source` and the term's position.
TermList parse_ontology_json(const nlohmann::json& json, std::string source) {
  if (json.is_object() && json.contains("graphs")) return parse_obo_graphs(json, std::move(source));
  if (json.is_object() && json.contains("terms")) return parse_own(json, std::move(source));
  throw core::InputError({.file = source,
                          .found = R"(JSON with neither "terms" nor "graphs")",
                          .expected = "sctab's ontology.json or the Cell Ontology as OBO-graphs json (cl.json)"});
}

/// One term of ontology.json; empty lists and "obsolete": false are left out.
nlohmann::json term_to_json(const Term& term) {
  nlohmann::json json = {{"id", term.id}, {"name", term.name}};
  if (term.obsolete) json["obsolete"] = true;
  for (const auto& [key, list] : kLists) {
    if (!(term.*list).empty()) json[key] = term.*list;
  }
  return json;
}

}  // namespace

nlohmann::json Ontology::to_json(std::span<const TermIndex> terms) const {
  std::vector<bool> kept(terms_.size(), false);
  for (const TermIndex t : terms) {
    kept.at(static_cast<std::size_t>(t)) = true;
    for (const TermIndex above : ancestors(t)) kept[static_cast<std::size_t>(above)] = true;
  }
  auto entries = nlohmann::json::array();
  for (std::size_t t = 0; t < terms_.size(); ++t) {
    Term entry = terms_[t];
    const auto meant = entry.obsolete ? resolve(entry.id) : std::nullopt;
    if (!kept[t] && !(meant && kept[static_cast<std::size_t>(*meant)])) continue;
    entry.parents.clear();
    for (const TermIndex parent : parents_[t]) entry.parents.push_back(term(parent).id);
    entries.push_back(term_to_json(entry));
  }
  return {{"format", kFormat}, {"format_version", kFormatVersion}, {"version", version_}, {"terms", entries}};
}

nlohmann::json Ontology::to_json() const {
  std::vector<TermIndex> all(terms_.size());
  for (std::size_t t = 0; t < all.size(); ++t) all[t] = static_cast<TermIndex>(t);
  return to_json(all);
}

Ontology Ontology::from_json(const nlohmann::json& json, std::string_view source) {
  auto list = parse_ontology_json(json, std::string(source));
  return Ontology(list.take(), list.version);
}

Ontology Ontology::load(const std::filesystem::path& path) {
  constexpr const char* kExpected = "the Cell Ontology as obo or json";
  constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 32U;
  constexpr std::int64_t kExpansion = 20;  // of JSON
  const std::string text = core::read_text_file(path, kExpected, kMostBytes, kExpansion);
  const auto first = text.find_first_not_of(" \t\r\n");
  const char kind = first == std::string::npos ? '\0' : text[first];
  if (kind == '{') return from_json(core::parse_json(text, {.file = path.string()}), path.string());
  if (kind == '<') {
    throw core::InputError({.file = path.string(),
                            .found = "is XML",
                            .expected = kExpected,
                            .next_step = "get cl-basic.obo or cl.json, which are published next to cl.owl"});
  }
  auto list = parse_obo(text, path.string());
  return Ontology(list.take(), list.version);
}

}  // namespace sctab::ontology
