#include "sctab/ontology/ontology.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/index.hpp"

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

/// One node of the path walked: its edges before `kept` stay, those from `next` on are still to be followed.
struct Step {
  TermIndex node;
  std::size_t next = 0, kept = 0;
};

std::vector<TermIndex> shown(const std::vector<Step>& path, std::size_t from) {
  constexpr std::size_t kAtEachEnd = 4;
  const bool shorten = path.size() - from > 2 * kAtEachEnd;
  std::vector<TermIndex> cycle;
  for (std::size_t i = from; i < path.size(); ++i) {
    if (shorten && i == from + kAtEachEnd) {
      cycle.push_back(-1);
      i = path.size() - kAtEachEnd;
    }
    cycle.push_back(path[i].node);
  }
  return cycle;
}

/// Makes a directed graph acyclic: walks depth first from node 0, 1, … along the edges as they are and removes each
/// edge that leads back to a node of the walk's own path. Returns the removed cycles, each as the nodes from the one
/// led back to on; of a cycle of more than 8 nodes the middle is a single -1. Uses no recursion: paths may be of any
/// length.
std::vector<std::vector<TermIndex>> break_cycles(std::vector<std::vector<TermIndex>>& edges) {
  constexpr std::ptrdiff_t kNew = -1, kDone = -2;
  std::vector<std::ptrdiff_t> place_on_path(edges.size(), kNew);
  std::vector<std::vector<TermIndex>> cycles;
  std::vector<Step> path;
  const auto enter = [&](TermIndex node) {
    place_on_path[static_cast<std::size_t>(node)] = static_cast<std::ptrdiff_t>(path.size());
    path.push_back({node});
  };
  for (std::size_t start = 0; start < edges.size(); ++start) {
    if (place_on_path[start] == kNew) enter(static_cast<TermIndex>(start));
    while (!path.empty()) {
      Step& step = path.back();
      auto& targets = edges[static_cast<std::size_t>(step.node)];
      if (step.next == targets.size()) {
        targets.resize(step.kept);
        place_on_path[static_cast<std::size_t>(step.node)] = kDone;
        path.pop_back();
        continue;
      }
      const TermIndex target = targets[step.next++];
      const std::ptrdiff_t place = place_on_path[static_cast<std::size_t>(target)];
      if (place >= 0) {
        cycles.push_back(shown(path, static_cast<std::size_t>(place)));
        continue;
      }
      targets[step.kept++] = target;
      if (place == kNew) enter(target);  // `step` dangles from here on
    }
  }
  return cycles;
}

}  // namespace

Ontology::Ontology(std::vector<Term> terms, std::string version)
    : terms_(std::move(terms)), version_(std::move(version)), parents_(terms_.size()) {
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

std::span<const TermIndex> Ontology::parents(TermIndex term) const {
  return parents_.at(position(term));
}

std::vector<TermIndex> Ontology::ancestors(TermIndex term) const {
  std::vector<bool> seen(terms_.size(), false);
  std::vector<TermIndex> found;
  const auto visit = [&](TermIndex t) {
    for (const TermIndex next : parents_.at(position(t))) {
      if (seen[position(next)]) continue;
      seen[position(next)] = true;
      found.push_back(next);
    }
  };
  visit(term);
  for (std::size_t i = 0; i < found.size(); ++i) visit(found[i]);
  std::sort(found.begin(), found.end());
  return found;
}

bool Ontology::is_a(TermIndex term, TermIndex ancestor) const {
  if (term == ancestor) return true;
  const auto above = ancestors(term);
  return std::binary_search(above.begin(), above.end(), ancestor);
}

SubtypeMatrix::SubtypeMatrix(const Ontology& ontology, std::span<const TermIndex> labels)
    : n_(labels.size()), rows_(n_ * n_, 0) {
  std::vector<std::vector<std::size_t>> labels_of_term(static_cast<std::size_t>(ontology.size()));
  for (std::size_t label = 0; label < n_; ++label) {
    rows_[label * n_ + label] = 1;
    if (labels[label] >= 0) labels_of_term.at(static_cast<std::size_t>(labels[label])).push_back(label);
  }
  for (std::size_t child = 0; child < n_; ++child) {
    if (labels[child] < 0) continue;
    const auto mark = [&](TermIndex term) {
      for (const std::size_t parent : labels_of_term[static_cast<std::size_t>(term)]) rows_[parent * n_ + child] = 1;
    };
    mark(labels[child]);
    for (const TermIndex above : ontology.ancestors(labels[child])) mark(above);
  }
}

SubtypeMatrix::SubtypeMatrix(std::size_t n, std::vector<std::uint8_t> rows) : n_(n), rows_(std::move(rows)) {
  SCTAB_ASSERT(rows_.size() == n * n);
  for (std::size_t label = 0; label < n; ++label) SCTAB_ASSERT(rows_[label * n + label] != 0);
}

}  // namespace sctab::ontology
