#include "sctab/corpus/curation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::corpus {
namespace {

using core::plural;
using ontology::Ontology;
using ontology::TermIndex;

// The protocols of the paper's query to the CELLxGENE Census.
constexpr std::array<std::string_view, 7> kTenxAssays = {"10x 5' v2",
                                                         "10x 3' v3",
                                                         "10x 3' v2",
                                                         "10x 5' v1",
                                                         "10x 3' v1",
                                                         "10x 3' transcription profiling",
                                                         "10x 5' transcription profiling"};

// Which codes of a column occur.
class Presence {
 public:
  explicit Presence(std::int32_t n) : seen_(static_cast<std::size_t>(n), 0) {}
  void add(std::int32_t code) {
    if (code >= 0) seen_[static_cast<std::size_t>(code)] = 1;
  }
  [[nodiscard]] std::int64_t count() const { return std::count(seen_.begin(), seen_.end(), 1); }

 private:
  std::vector<std::uint8_t> seen_;
};

struct Rule {
  std::string name, option;
};

template <typename Keep>
RuleEffect apply_rule(CellTable& cells, Rule rule, Keep keep) {
  const auto& types = cells.column(Field::kCellType);
  const auto& donors = cells.column(Field::kDonor);
  Presence types_before(cells.dictionary(Field::kCellType).size()), types_after = types_before;
  Presence donors_before(cells.dictionary(Field::kDonor).size()), donors_after = donors_before;
  RuleEffect effect{std::move(rule.name), std::move(rule.option)};
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    if (cells.kept[cell] == 0) continue;
    types_before.add(types[cell]);
    donors_before.add(donors[cell]);
    if (keep(cell)) {
      types_after.add(types[cell]);
      donors_after.add(donors[cell]);
    } else {
      cells.kept[cell] = 0;
      ++effect.cells;
    }
  }
  effect.types = types_before.count() - types_after.count();
  effect.donors = donors_before.count() - donors_after.count();
  return effect;
}

// One flag for each type code.
using TypeFlags = std::vector<std::uint8_t>;

template <typename Keep>
RuleEffect apply_type_rule(CellTable& cells, Rule rule, Keep keep) {
  TypeFlags kept(static_cast<std::size_t>(cells.dictionary(Field::kCellType).size()));
  for (std::size_t type = 0; type < kept.size(); ++type) kept[type] = keep(type) ? 1 : 0;
  const auto& types = cells.column(Field::kCellType);
  return apply_rule(cells, std::move(rule),
                    [&](std::size_t cell) { return types[cell] < 0 || kept[static_cast<std::size_t>(types[cell])]; });
}

TermIndex term_of(const CellTable& cells, std::size_t type, const Ontology& ontology) {
  const auto term = ontology.find(cells.dictionary(Field::kCellType).texts()[type]);
  SCTAB_ASSERT(term.has_value());
  return *term;
}

// Cells and donors of every type code, over the cells kept. A cell without a donor counts for no donor.
std::vector<TypeSummary> summarise_types(const CellTable& cells, const Ontology& ontology) {
  const auto n_types = static_cast<std::size_t>(cells.dictionary(Field::kCellType).size());
  const auto n_donors = static_cast<std::size_t>(cells.dictionary(Field::kDonor).size());
  std::vector<TypeSummary> summaries(n_types);
  std::vector<bool> seen(n_types * n_donors, false);
  const auto& types = cells.column(Field::kCellType);
  const auto& donors = cells.column(Field::kDonor);
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    if (cells.kept[cell] == 0 || types[cell] < 0) continue;
    const auto type = static_cast<std::size_t>(types[cell]);
    ++summaries[type].cells;
    if (donors[cell] < 0) continue;
    const std::size_t pair = type * n_donors + static_cast<std::size_t>(donors[cell]);
    if (!seen[pair]) ++summaries[type].donors;
    seen[pair] = true;
  }
  for (std::size_t type = 0; type < n_types; ++type) {
    summaries[type].type = static_cast<std::int32_t>(type);
    summaries[type].ancestors = static_cast<std::int64_t>(ontology.ancestors(term_of(cells, type, ontology)).size());
  }
  return summaries;
}

std::vector<TypeSummary> most_cells_first(std::vector<TypeSummary> summaries) {
  std::erase_if(summaries, [](const TypeSummary& summary) { return summary.cells == 0; });
  std::stable_sort(summaries.begin(), summaries.end(), [](const auto& a, const auto& b) { return a.cells > b.cells; });
  return summaries;
}

std::string threshold_rule(bool strict, std::int64_t threshold, std::string_view noun) {
  return fmt::format("{} {} a type", strict ? "more than" : "at least", plural(threshold, noun));
}

void apply_thresholds(CellTable& cells, const Ontology& ontology, const CurationOptions& options, Curation& curation) {
  std::vector<TypeSummary> types = summarise_types(cells, ontology);
  curation.candidates = most_cells_first(types);
  const bool strict = options.strict_thresholds;
  curation.strict_thresholds = strict;
  const auto meets = [strict](std::int64_t value, std::int64_t threshold) {
    return strict ? value > threshold : value >= threshold;
  };
  if (options.min_cells > 0) {
    curation.effects.push_back(
        apply_type_rule(cells, {threshold_rule(false, options.min_cells, "cell"), "--min-cells"},
                        [&](std::size_t type) { return types[type].cells >= options.min_cells; }));
  }
  // Types fall as a whole, so the counts of those that stay are still right.
  if (options.min_donors > 0) {
    curation.effects.push_back(
        apply_type_rule(cells, {threshold_rule(strict, options.min_donors, "donor"), "--min-donors"},
                        [&](std::size_t type) { return meets(types[type].donors, options.min_donors); }));
  }
  if (options.min_ancestors > 0) {
    curation.effects.push_back(
        apply_type_rule(cells, {threshold_rule(strict, options.min_ancestors, "ancestor"), "--min-ancestors"},
                        [&](std::size_t type) { return meets(types[type].ancestors, options.min_ancestors); }));
  }
}

void require_not_negative(std::int64_t value, std::string_view field) {
  if (value >= 0) return;
  throw core::InputError(
      {.subject = std::string(field), .found = std::to_string(value), .expected = "0 (off) or more"});
}

}  // namespace

void CurationOptions::validate() const {
  require_not_negative(min_cells, "min_cells");
  require_not_negative(min_donors, "min_donors");
  require_not_negative(min_ancestors, "min_ancestors");
}

bool is_10x_assay(std::string_view assay) {
  return std::find(kTenxAssays.begin(), kTenxAssays.end(), assay) != kTenxAssays.end();
}

Curation curate(CellTable& cells, const Ontology& ontology, const CurationOptions& options) {
  Curation curation;
  if (options.primary_only) {
    curation.effects.push_back(apply_rule(cells, {"is primary data", "--include-non-primary"},
                                          [&](std::size_t cell) { return cells.primary[cell] != 0; }));
  }
  if (options.tenx_only) {
    const Dictionary& assays = cells.dictionary(Field::kAssay);
    std::vector<std::uint8_t> is_10x;
    for (const auto& assay : assays.texts()) is_10x.push_back(is_10x_assay(assay) ? 1 : 0);
    const auto& codes = cells.column(Field::kAssay);
    curation.effects.push_back(apply_rule(cells, {"assay is 10x", "--any-assay"}, [&](std::size_t cell) {
      return is_10x[static_cast<std::size_t>(codes[cell])] != 0;
    }));
  }
  const auto& types = cells.column(Field::kCellType);
  curation.effects.push_back(apply_rule(cells, {"labelled with a Cell Ontology term", ""},
                                        [&](std::size_t cell) { return types[cell] >= 0; }));
  if (options.below_native_cell) {
    const auto root = ontology.find(ontology::kNativeCell);
    if (!root) {
      throw core::InputError({.subject = fmt::format("ontology {}", ontology.version()),
                              .found = fmt::format("has no {} (native cell)", ontology::kNativeCell),
                              .next_step = "give the full Cell Ontology with --ontology"});
    }
    curation.effects.push_back(apply_type_rule(cells, {"below native cell", "--any-cell-class"}, [&](std::size_t type) {
      const TermIndex term = term_of(cells, type, ontology);
      return term != *root && ontology.is_a(term, *root);
    }));
  }
  apply_thresholds(cells, ontology, options, curation);
  return curation;
}

void require_two_types(const CellTable& cells, const Curation& curation, const Ontology& ontology) {
  Presence present(cells.dictionary(Field::kCellType).size());
  const auto& types = cells.column(Field::kCellType);
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    if (cells.kept[cell] != 0) present.add(types[cell]);
  }
  if (present.count() >= 2) return;
  std::string removed;
  for (const auto& effect : curation.effects) {
    if (effect.cells == 0) continue;
    removed += fmt::format("{}'{}'{} removed {} and {}", removed.empty() ? "" : ", ", effect.rule,
                           effect.option.empty() ? "" : " (see " + effect.option + ")", plural(effect.cells, "cell"),
                           plural(effect.types, "type"));
  }
  std::string advice = "give more sources, or relax the rules";
  if (curation.candidates.size() >= 2) {
    const TypeSummary &a = curation.candidates[0], &b = curation.candidates[1];
    const auto describe = [&](const TypeSummary& type) {
      return fmt::format("{} ({}, {}, {})",
                         ontology.term(term_of(cells, static_cast<std::size_t>(type.type), ontology)).name,
                         plural(type.cells, "cell"), plural(type.donors, "donor"), plural(type.ancestors, "ancestor"));
    };
    const std::int64_t below = curation.strict_thresholds ? 1 : 0;  // a strict threshold must lie under what it keeps
    const auto threshold = [below](std::int64_t x, std::int64_t y) {
      return std::max<std::int64_t>(0, std::min(x, y) - below);
    };
    advice =
        fmt::format("keep the largest, {} and {}, with --min-cells {} --min-donors {} --min-ancestors {}", describe(a),
                    describe(b), b.cells, threshold(a.donors, b.donors), threshold(a.ancestors, b.ancestors));
  }
  const auto n_cells = static_cast<std::int64_t>(cells.size());
  throw core::InputError(
      {.found = fmt::format("curation of {} leaves {}: {}", plural(n_cells, "cell"), plural(present.count(), "type"),
                            removed.empty() ? "no rule removed any" : removed),
       .expected = "two types or more, for a classifier",
       .next_step = advice});
}

}  // namespace sctab::corpus
