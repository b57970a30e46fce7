#include "sctab/train/soft_targets.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/evaluate/label_subtypes.hpp"

namespace sctab::train {
namespace {

using ontology::TermIndex;

/// The term that each type is and all above it, ascending; none for an unknown type.
std::vector<std::vector<TermIndex>> lines_of(std::span<const std::string> ids, const ontology::Ontology& ontology) {
  std::vector<std::vector<TermIndex>> lines;
  for (const std::string& id : ids) {
    std::vector<TermIndex>& line = lines.emplace_back();
    const std::optional<TermIndex> term = ontology.resolve(id);
    if (!term) continue;
    line = ontology.ancestors(*term);
    line.insert(std::ranges::lower_bound(line, *term), *term);
  }
  return lines;
}

}  // namespace

std::vector<double> closeness(std::span<const std::string> ids, const ontology::Ontology& ontology) {
  const std::size_t n = ids.size();
  const std::vector<std::vector<TermIndex>> lines = lines_of(ids, ontology);
  const auto n_known =
      static_cast<double>(std::ranges::count_if(lines, [](const auto& line) { return !line.empty(); }));
  std::vector<double> n_below(static_cast<std::size_t>(ontology.size()), 0);
  for (const auto& line : lines) {
    for (const TermIndex term : line) ++n_below[static_cast<std::size_t>(term)];
  }
  const auto information = [&](std::span<const TermIndex> terms) {
    double sum = 0;
    for (const TermIndex term : terms) sum += std::log(n_known / n_below[static_cast<std::size_t>(term)]);
    return sum;
  };
  std::vector<double> close(n * n, 0);
  for (std::size_t a = 0; a < n; ++a) {
    close[a * n + a] = 1;
    for (std::size_t b = 0; b < a; ++b) {
      std::vector<TermIndex> common;
      std::ranges::set_intersection(lines[a], lines[b], std::back_inserter(common));
      const double shared = information(common);
      const double all = information(lines[a]) + information(lines[b]) - shared;
      close[a * n + b] = close[b * n + a] = all > 0 ? shared / all : 0;
    }
  }
  return close;
}

std::vector<double> soft_targets(std::span<const std::int64_t> cells_per_type, double share,
                                 std::span<const double> weights) {
  const std::size_t n = cells_per_type.size();
  SCTAB_ASSERT(share >= 0 && share < 1 && (weights.empty() || weights.size() == n * n));
  std::vector<double> targets(n * n, 0);
  for (std::size_t label = 0; label < n; ++label) {
    const auto row = std::span(targets).subspan(label * n, n);
    row[label] = 1;
    if (cells_per_type[label] == 0) continue;
    const auto weight = [&](std::size_t type) {
      if (cells_per_type[type] == 0) return 0.0;
      return weights.empty() ? 1.0 : weights[label * n + type];
    };
    double sum = 0;
    for (std::size_t type = 0; type < n; ++type) sum += weight(type);
    for (std::size_t type = 0; type < n; ++type) {
      row[type] = (type == label ? 1 - share : 0) + share * weight(type) / sum;
    }
  }
  return targets;
}

std::vector<double> soft_targets(const store::Store& store, const TrainPlan& plan, const CorpusSize& size) {
  if (plan.label_smoothing == 0) return {};
  if (plan.smoothing == Smoothing::kUniform) return soft_targets(size.cells_per_type, plan.label_smoothing);
  const auto ontology = ontology::Ontology::from_json(store.ontology(), (store.directory() / "ontology.json").string());
  return soft_targets(size.cells_per_type, plan.label_smoothing, closeness(evaluate::cell_type_ids(store), ontology));
}

}  // namespace sctab::train
