#include "sctab/published/label_join.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <unordered_map>

namespace sctab::published {
namespace {

using ontology::Ontology;
using ontology::TermIndex;

constexpr TermIndex kSeveral = -1;
constexpr std::string_view kObsolete = "obsolete ";  // releases put it before the names of terms they retire

/// Names of terms in three ranks, each looked into only when those before know nothing.
class TermNames {
 public:
  explicit TermNames(const Ontology& ontology) {
    for (TermIndex i = 0; i < ontology.size(); ++i) {
      const ontology::Term& term = ontology.term(i);
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
    JoinedBy how = JoinedBy::kNothing;
  };
  [[nodiscard]] std::optional<Found> find(const std::string& name) const {
    for (const auto& [names, how] : {std::pair(&names_, JoinedBy::kName), std::pair(&synonyms_, JoinedBy::kSynonym),
                                     std::pair(&replaced_, JoinedBy::kReplacement)}) {
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

JoinedLabel by_id(const std::string& label, const std::string& id, const Ontology* ontology) {
  if (ontology == nullptr) return {label, id, "", JoinedBy::kId, ""};
  const auto term = ontology->resolve(id);
  if (!term) {
    const char* why = ontology->find(id) ? "is obsolete, and no one term replaces it" : "is not in the ontology";
    return {label, "", "", JoinedBy::kNothing, fmt::format("{} {}", id, why)};
  }
  return {label, ontology->term(*term).id, ontology->term(*term).name, JoinedBy::kId, ""};
}

JoinedLabel by_name(const std::string& label, const Ontology& ontology, const TermNames& names) {
  const auto found = names.find(label);
  if (!found) return {label, "", "", JoinedBy::kNothing, "no term has this name"};
  if (found->term == kSeveral) return {label, "", "", JoinedBy::kNothing, "several terms have this name"};
  const ontology::Term& term = ontology.term(found->term);
  return {label, term.id, term.name, found->how, ""};
}

/// A model's ids must differ. The label that is closest to the term keeps it, among equals the first.
void keep_one_label_a_term(std::vector<JoinedLabel>& joined) {
  std::map<std::string, std::string> label_of_id;
  for (const JoinedBy how : {JoinedBy::kId, JoinedBy::kName, JoinedBy::kSynonym, JoinedBy::kReplacement}) {
    for (JoinedLabel& entry : joined) {
      if (entry.how != how) continue;
      const auto [first, is_new] = label_of_id.emplace(entry.id, entry.label);
      if (is_new) continue;
      const std::string reason = fmt::format("{} is what \"{}\" means already", entry.id, first->second);
      entry = {entry.label, "", "", JoinedBy::kNothing, reason};
    }
  }
}

}  // namespace

std::string_view name(JoinedBy how) {
  constexpr std::array<std::string_view, 5> kNames = {"id", "name", "synonym", "replacement", "nothing"};
  return kNames.at(static_cast<std::size_t>(how));
}

std::vector<JoinedLabel> join_labels(const formats::LabelTable& table, const std::optional<Ontology>& ontology) {
  const std::optional<TermNames> names = ontology ? std::optional<TermNames>(*ontology) : std::nullopt;
  std::vector<JoinedLabel> joined;
  for (std::size_t i = 0; i < table.labels.size(); ++i) {
    const std::string& label = table.labels[i];
    if (i < table.ids.size() && ontology::looks_like_cl_id(table.ids[i])) {
      joined.push_back(by_id(label, table.ids[i], ontology ? &*ontology : nullptr));
    } else if (names) {
      joined.push_back(by_name(label, *ontology, *names));
    } else {
      joined.push_back({label, "", "", JoinedBy::kNothing, "it has no id beside it, and no ontology was given"});
    }
  }
  keep_one_label_a_term(joined);
  return joined;
}

}  // namespace sctab::published
