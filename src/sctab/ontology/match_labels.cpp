#include "sctab/ontology/match_labels.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>

namespace sctab::ontology {
namespace {

constexpr TermIndex kSeveral = -1;
constexpr std::string_view kObsolete = "obsolete ";  // releases put it before the names of terms they retire

/// Names of terms in three ranks, each looked into only when those before know nothing.
class TermNames {
 public:
  explicit TermNames(const Ontology& ontology) {
    for (TermIndex i = 0; i < ontology.size(); ++i) {
      const Term& term = ontology.term(i);
      const auto current = ontology.resolve(term.id);
      if (!current) continue;
      add(term.obsolete ? replaced_ : names_, term.name, *current);
      if (term.obsolete && term.name.starts_with(kObsolete)) {
        add(replaced_, term.name.substr(kObsolete.size()), *current);
      }
      for (const std::string& synonym : term.exact_synonyms)
        add(term.obsolete ? replaced_ : synonyms_, synonym, *current);
    }
  }

  struct Found {
    TermIndex term = kSeveral;
    MatchedBy how = MatchedBy::kNothing;
  };
  [[nodiscard]] std::optional<Found> find(const std::string& name) const {
    for (const auto& [names, how] : {std::pair(&names_, MatchedBy::kName), std::pair(&synonyms_, MatchedBy::kSynonym),
                                     std::pair(&replaced_, MatchedBy::kReplacement)}) {
      const auto entry = names->find(name);
      if (entry != names->end()) return Found{entry->second, how};
    }
    return std::nullopt;
  }

 private:
  using Names = std::unordered_map<std::string, TermIndex>;
  static void add(Names& names, const std::string& name, TermIndex term) {
    if (name.empty()) return;
    const auto [entry, is_new] = names.emplace(name, term);
    if (!is_new && entry->second != term) entry->second = kSeveral;
  }

  Names names_, synonyms_, replaced_;
};

MatchedLabel by_id(const std::string& label, const std::string& id, const Ontology* ontology) {
  if (ontology == nullptr) return {label, id, "", MatchedBy::kId, ""};
  const auto term = ontology->resolve(id);
  if (!term) {
    const char* why = ontology->find(id) ? "is obsolete, and no single term replaces it" : "is not in the ontology";
    return {label, "", "", MatchedBy::kNothing, fmt::format("{} {}", id, why)};
  }
  return {label, ontology->term(*term).id, ontology->term(*term).name, MatchedBy::kId, ""};
}

MatchedLabel by_name(const std::string& label, const Ontology& ontology, const TermNames& names) {
  const auto found = names.find(label);
  if (!found) return {label, "", "", MatchedBy::kNothing, "no term has this name"};
  if (found->term == kSeveral) return {label, "", "", MatchedBy::kNothing, "several terms have this name"};
  const Term& term = ontology.term(found->term);
  return {label, term.id, term.name, found->how, ""};
}

/// A model's ids must differ. The label that is closest to the term keeps it, among equals the first.
void keep_one_label_a_term(std::vector<MatchedLabel>& matched) {
  std::map<std::string, std::string> label_of_id;
  for (const MatchedBy how : {MatchedBy::kId, MatchedBy::kName, MatchedBy::kSynonym, MatchedBy::kReplacement}) {
    for (MatchedLabel& entry : matched) {
      if (entry.how != how) continue;
      const auto [first, is_new] = label_of_id.emplace(entry.id, entry.label);
      if (is_new) continue;
      const std::string reason = fmt::format("{} already belongs to \"{}\"", entry.id, first->second);
      entry = {entry.label, "", "", MatchedBy::kNothing, reason};
    }
  }
}

}  // namespace

std::string_view name(MatchedBy how) {
  constexpr std::array<std::string_view, 5> kNames = {"id", "name", "synonym", "replacement", "nothing"};
  return kNames.at(static_cast<std::size_t>(how));
}

std::vector<MatchedLabel> match_labels(std::span<const std::string> labels, std::span<const std::string> ids,
                                       const std::optional<Ontology>& ontology) {
  const std::optional<TermNames> names = ontology ? std::optional<TermNames>(*ontology) : std::nullopt;
  std::vector<MatchedLabel> matched;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string& label = labels[i];
    if (i < ids.size() && looks_like_cl_id(ids[i])) {
      matched.push_back(by_id(label, ids[i], ontology ? &*ontology : nullptr));
    } else if (names) {
      matched.push_back(by_name(label, *ontology, *names));
    } else {
      matched.push_back({label, "", "", MatchedBy::kNothing, "it has no id next to it, and no ontology was given"});
    }
  }
  keep_one_label_a_term(matched);
  return matched;
}

nlohmann::json to_json(std::span<const MatchedLabel> labels) {
  nlohmann::json json = nlohmann::json::array();
  for (const MatchedLabel& label : labels) {
    json.push_back({{"label", label.label},
                    {"cell_type_ontology_term_id", label.id},
                    {"current_name", label.current_name},
                    {"joined_by", name(label.how)},
                    {"reason", label.reason}});
  }
  return json;
}

std::string to_text(std::span<const MatchedLabel> labels) {
  std::map<MatchedBy, std::int64_t> counts;
  for (const MatchedLabel& label : labels) ++counts[label.how];
  std::string text;
  for (const auto& [how, n] : counts) {
    text += fmt::format("{} of {} labels joined {}\n", n, labels.size(),
                        how == MatchedBy::kNothing ? "no term" : fmt::format("by {}", name(how)));
  }
  for (const MatchedLabel& label : labels) {
    if (label.how == MatchedBy::kNothing) {
      text += fmt::format("  \"{}\" has no Cell Ontology id: {}\n", label.label, label.reason);
    } else if (label.current_name != label.label && !label.current_name.empty()) {
      text +=
          fmt::format("  \"{}\" is now {} \"{}\", by {}\n", label.label, label.id, label.current_name, name(label.how));
    }
  }
  return text;
}

std::vector<TermIndex> terms_of(std::span<const MatchedLabel> labels, const Ontology& ontology) {
  std::vector<TermIndex> terms;
  for (const MatchedLabel& label : labels) {
    if (const auto term = ontology.find(label.id)) terms.push_back(*term);
  }
  return terms;
}

}  // namespace sctab::ontology
