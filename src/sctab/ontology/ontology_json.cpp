#include "sctab/ontology/ontology_json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/ontology/obo_graphs.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::ontology {
namespace {

using core::JsonFields;

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

}  // namespace

TermList parse_ontology_json(const nlohmann::json& json, std::string source) {
  if (json.is_object() && json.contains("graphs")) return parse_obo_graphs(json, std::move(source));
  if (json.is_object() && json.contains("terms")) return parse_own(json, std::move(source));
  throw core::InputError({.file = source,
                          .found = R"(JSON with neither "terms" nor "graphs")",
                          .expected = "sctab's ontology.json or the Cell Ontology as OBO-graphs json (cl.json)"});
}

nlohmann::json term_to_json(const Term& term) {
  nlohmann::json json = {{"id", term.id}, {"name", term.name}};
  if (term.obsolete) json["obsolete"] = true;
  for (const auto& [key, list] : kLists) {
    if (!(term.*list).empty()) json[key] = term.*list;
  }
  return json;
}

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

}  // namespace sctab::ontology
