#include "sctab/ontology/ontology.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sctab/core/error.hpp"
#include "sctab/core/index.hpp"
#include "sctab/ontology/break_cycles.hpp"

namespace sctab::ontology {
namespace {

std::size_t position(TermIndex term) {
  return static_cast<std::size_t>(term);
}

void sort_unique(std::vector<TermIndex>& terms) {
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
}

constexpr TermIndex kAmbiguous = -1;

}  // namespace

Ontology::Ontology(std::vector<Term> terms, std::string version)
    : terms_(std::move(terms)), version_(std::move(version)), parents_(terms_.size()), children_(terms_.size()) {
  core::narrow<TermIndex>(terms_.size());
  std::sort(terms_.begin(), terms_.end(), [](const Term& a, const Term& b) { return a.id < b.id; });
  const auto repeated =
      std::adjacent_find(terms_.begin(), terms_.end(), [](const Term& a, const Term& b) { return a.id == b.id; });
  if (repeated != terms_.end()) {
    throw core::InputError({.subject = fmt::format("ontology {}", version_),
                            .found = fmt::format("term {} twice", repeated->id),
                            .next_step = "remove one of the two"});
  }
  index_alt_ids();
  link();
  index_names();
}

void Ontology::index_alt_ids() {
  for (TermIndex t = 0; t < size(); ++t) {
    for (const auto& alt_id : term(t).alt_ids) {
      const auto [entry, is_new] = alt_ids_.emplace(alt_id, t);
      if (!is_new && entry->second != t) entry->second = kAmbiguous;
    }
  }
}

void Ontology::link() {
  for (TermIndex t = 0; t < size(); ++t) {
    if (term(t).obsolete) continue;
    auto& above = parents_[position(t)];
    for (const auto& id : term(t).parents) {
      const auto parent = resolve(id);
      if (parent) {
        above.push_back(*parent);
      } else {
        report_.missing_parents.push_back(fmt::format("{} is_a {}", term(t).id, id));
      }
    }
    sort_unique(above);
  }
  for (const auto& cycle : break_cycles(parents_)) {
    std::string text;
    for (const TermIndex t : cycle) text += (t < 0 ? "…" : term(t).id) + " -> ";
    report_.cycles.push_back(text + term(cycle.front()).id);
  }
  for (TermIndex t = 0; t < size(); ++t) {
    for (const TermIndex parent : parents_[position(t)]) children_[position(parent)].push_back(t);
  }
}

void Ontology::index_names() {
  Lookup current_names, obsolete_names, synonyms;
  const auto add = [](Lookup& lookup, const std::string& name, TermIndex t) {
    if (name.empty()) return;
    const auto [entry, is_new] = lookup.emplace(name, t);
    if (!is_new && entry->second != t) entry->second = kAmbiguous;
  };
  for (const auto& entry : terms_) {
    const auto meant = resolve(entry.id);
    if (!meant) continue;
    add(entry.obsolete ? obsolete_names : current_names, entry.name, *meant);
    for (const auto& synonym : entry.exact_synonyms) add(synonyms, synonym, *meant);
  }
  names_ = std::move(current_names);
  names_.merge(obsolete_names);
  names_.merge(synonyms);
}

std::optional<TermIndex> Ontology::find(std::string_view id) const {
  const auto at =
      std::lower_bound(terms_.begin(), terms_.end(), id,
                       [](const Term& candidate, std::string_view wanted) { return candidate.id < wanted; });
  if (at == terms_.end() || at->id != id) return std::nullopt;
  return static_cast<TermIndex>(at - terms_.begin());
}

std::optional<TermIndex> Ontology::find_or_merged(std::string_view id) const {
  if (const auto found = find(id)) return found;
  const auto merged = alt_ids_.find(id);
  if (merged == alt_ids_.end() || merged->second == kAmbiguous) return std::nullopt;
  return merged->second;
}

std::optional<TermIndex> Ontology::resolve(std::string_view id) const {
  const auto start = find_or_merged(id);
  if (!start || !term(*start).obsolete) return start;
  std::vector<TermIndex> seen{*start}, current;
  for (std::size_t next = 0; next < seen.size(); ++next) {
    const Term& entry = term(seen[next]);
    if (!entry.obsolete) {
      current.push_back(seen[next]);
      continue;
    }
    const auto follow = [&seen](std::optional<TermIndex> to) {
      if (to && std::find(seen.begin(), seen.end(), *to) == seen.end()) seen.push_back(*to);
    };
    for (const auto& replacement : entry.replaced_by) follow(find_or_merged(replacement));
    // Some releases keep a merged term as an obsolete stanza and say so only in the other term's alt_id.
    const auto merged = alt_ids_.find(entry.id);
    if (entry.replaced_by.empty() && merged != alt_ids_.end() && merged->second != kAmbiguous) follow(merged->second);
  }
  if (current.size() != 1) return std::nullopt;
  return current.front();
}

std::optional<TermIndex> Ontology::find_by_name(std::string_view name) const {
  const auto found = names_.find(name);
  if (found == names_.end() || found->second == kAmbiguous) return std::nullopt;
  return found->second;
}

std::span<const TermIndex> Ontology::parents(TermIndex term) const {
  return parents_.at(position(term));
}

std::span<const TermIndex> Ontology::children(TermIndex term) const {
  return children_.at(position(term));
}

std::vector<TermIndex> Ontology::reachable(TermIndex from, const Edges& edges) const {
  std::vector<bool> seen(terms_.size(), false);
  std::vector<TermIndex> found;
  const auto visit = [&](TermIndex t) {
    for (const TermIndex next : edges.at(position(t))) {
      if (seen[position(next)]) continue;
      seen[position(next)] = true;
      found.push_back(next);
    }
  };
  visit(from);
  for (std::size_t i = 0; i < found.size(); ++i) visit(found[i]);
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<TermIndex> Ontology::ancestors(TermIndex term) const {
  return reachable(term, parents_);
}

std::vector<TermIndex> Ontology::descendants(TermIndex term) const {
  return reachable(term, children_);
}

TermIndex Ontology::n_ancestors(TermIndex term) const {
  return static_cast<TermIndex>(ancestors(term).size());
}

bool Ontology::is_a(TermIndex term, TermIndex ancestor) const {
  if (term == ancestor) return true;
  const auto above = ancestors(term);
  return std::binary_search(above.begin(), above.end(), ancestor);
}

}  // namespace sctab::ontology
