#include "sctab/ontology/break_cycles.hpp"

#include <cstddef>

namespace sctab::ontology {
namespace {

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

}  // namespace

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

}  // namespace sctab::ontology
