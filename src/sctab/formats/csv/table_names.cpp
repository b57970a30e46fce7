#include "sctab/formats/csv/table_names.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/csv/name_shapes.hpp"
#include "sctab/formats/obs_values.hpp"
#include "sctab/genes/genes.hpp"

namespace sctab::csv {
namespace {

constexpr double kLeastGeneShare = 0.02;  // one in seven names of genes is surely one

bool are_ensembl(const NamedTexts& candidate) {
  using genes::GeneIdKind;
  const GeneIdKind kind = genes::detect_id_kind(candidate.texts);
  return kind == GeneIdKind::kEnsemblHuman || kind == GeneIdKind::kEnsemblOther;
}

bool are_symbols(const NamedTexts& candidate) {
  if (are_ensembl(candidate)) return false;
  return is_title_of_symbols(candidate.title) || gene_share(candidate.texts) >= kLeastGeneShare;
}

/// One number for each category; none where a category is not one. Missing ones become `missing`.
template <typename Number>
std::optional<std::vector<Number>> numbers_of(const formats::Categorical& column, std::optional<Number> missing) {
  std::vector<Number> numbers;
  for (const std::string& text : column.categories) {
    std::optional<Number> number = core::parse_number<Number>(text);
    if (!number && formats::is_missing(text)) number = missing;
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  std::vector<Number> values;
  values.reserve(column.codes.size());
  for (const std::int32_t code : column.codes) values.push_back(numbers[static_cast<std::size_t>(code)]);
  return values;
}

std::optional<formats::Booleans> booleans_of(const formats::Categorical& column) {
  constexpr std::uint8_t kMissing = 2;
  std::vector<std::uint8_t> values;
  bool has_any = false;
  for (const std::string& text : column.categories) {
    const std::string lower = formats::trimmed_lower_case(text);
    const bool is_boolean = lower == "true" || lower == "false";
    if (!is_boolean && !formats::is_missing(text)) return std::nullopt;
    has_any = has_any || is_boolean;
    values.push_back(is_boolean ? static_cast<std::uint8_t>(lower == "true") : kMissing);
  }
  if (!has_any) return std::nullopt;
  formats::Booleans booleans;
  for (const std::int32_t code : column.codes) booleans.push_back(values[static_cast<std::size_t>(code)]);
  return booleans;
}

/// The column without the categories that stand for missing values.
formats::Categorical without_missing(formats::Categorical column) {
  std::vector<std::int32_t> code_of;
  std::vector<std::string> kept;
  for (std::string& text : column.categories) {
    const bool is_missing = formats::is_missing(text);
    code_of.push_back(is_missing ? -1 : static_cast<std::int32_t>(kept.size()));
    if (!is_missing) kept.push_back(std::move(text));
  }
  for (std::int32_t& code : column.codes) code = code_of[static_cast<std::size_t>(code)];
  column.categories = std::move(kept);
  return column;
}

}  // namespace

GeneNames choose_gene_names(std::vector<NamedTexts> candidates) {
  SCTAB_ASSERT(!candidates.empty());
  auto chosen = std::ranges::find_if(candidates, are_ensembl);
  const bool has_ids = chosen != candidates.end();
  if (!has_ids) {
    const auto like_symbols = std::ranges::find_if(candidates, are_symbols);
    chosen = like_symbols != candidates.end() ? like_symbols : candidates.begin();
  }
  GeneNames found;
  for (auto other = candidates.begin(); other != candidates.end() && has_ids; ++other) {
    if (other == chosen || !are_symbols(*other)) continue;
    found.symbols = other->texts;
    break;
  }
  found.names = chosen->texts;
  for (std::size_t i = 0; i < found.names.size(); ++i) {
    if (found.names[i].empty()) found.names[i] = candidates.front().texts[i];
  }
  return found;
}

formats::ColumnValues typed(formats::Categorical column) {
  if (column.categories.empty() || std::ranges::all_of(column.categories, formats::is_missing)) {
    return without_missing(std::move(column));
  }
  if (auto integers = numbers_of<std::int64_t>(column, std::nullopt)) return std::move(*integers);
  if (auto reals = numbers_of<double>(column, std::numeric_limits<double>::quiet_NaN())) return std::move(*reals);
  if (auto booleans = booleans_of(column)) return std::move(*booleans);
  return without_missing(std::move(column));
}

}  // namespace sctab::csv
