#include "sctab/formats/tenx/features.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "sctab/core/csv.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/genes/genes.hpp"

namespace sctab::tenx {
namespace {

constexpr std::string_view kGeneExpression = "Gene Expression";
/// The types in files of Cell Ranger, Cell Ranger ARC and Space Ranger.
constexpr std::array<std::string_view, 9> kFeatureTypes = {kGeneExpression,
                                                           "Antibody Capture",
                                                           "CRISPR Guide Capture",
                                                           "Multiplexing Capture",
                                                           "Custom",
                                                           "Custom Feature Types",
                                                           "Antigen Capture",
                                                           "Peaks",
                                                           "Protein Expression"};

bool is_feature_type(std::string_view text) {
  return std::ranges::find(kFeatureTypes, text) != kFeatureTypes.end();
}

bool are_ensembl(const formats::Strings& names) {
  const genes::GeneIdKind kind = genes::detect_id_kind(names);
  return !names.empty() && (kind == genes::GeneIdKind::kEnsemblHuman || kind == genes::GeneIdKind::kEnsemblOther);
}

/// Whether the name ends in the bases of a tag behind a dash or an underscore: "CD3-CTCATTGTAACTCCT".
bool ends_in_bases(std::string_view name) {
  constexpr std::size_t kLeastBases = 8;
  const std::size_t before = name.find_last_not_of("ACGTN");
  return before != std::string_view::npos && (name[before] == '-' || name[before] == '_') &&
         name.size() - before - 1 >= kLeastBases;
}

bool is_antibody(std::string_view name) {
  return name.find("TotalSeq") != std::string_view::npos || ends_in_bases(name);
}

/// Of a list without types.
bool are_antibodies(const formats::Strings& names) {
  if (names.empty() || are_ensembl(names)) return false;
  if (names.back() == "unmapped") return true;
  return std::ranges::count_if(names, is_antibody) > std::ssize(names) / 2;
}

const formats::Strings& symbols_of(const Features& features) {
  return features.names.empty() ? features.ids : features.names;
}

void refuse_antibodies(const Features& features, const std::filesystem::path& file) {
  if (!features.types.empty() || are_ensembl(features.ids) || !are_antibodies(symbols_of(features))) return;
  throw core::InputError(
      {.file = file.string(),
       .found = fmt::format("holds counts of antibodies or tags ({}), none of genes", symbols_of(features).front()),
       .expected = "gene expression",
       .next_step = "give the matrix of genes of the same cells"});
}

}  // namespace

Features parse_features(std::string text, const std::filesystem::path& path) {
  const bool quotes = text.starts_with('"');  // as R's write.table puts them
  core::CsvReader rows(std::move(text), path, {.separator = '\t', .quotes = quotes, .header = false});
  Features features;
  std::size_t n_columns = 0;
  for (std::vector<std::string> fields; rows.next(fields);) {
    if (n_columns == 0) n_columns = fields.size();
    if (fields.size() != n_columns) {
      throw rows.error({.found = core::plural(std::ssize(fields), "column"),
                        .expected = fmt::format("{}, as in the first line", n_columns),
                        .next_step = "copy or download the file again"});
    }
    if (fields[0].empty()) throw rows.error({.found = "no id", .expected = "one in each line"});
    features.ids.push_back(std::move(fields[0]));
    if (n_columns > 1) features.names.push_back(std::move(fields[1]));
    if (n_columns > 2) features.types.push_back(std::move(fields[2]));
  }
  if (std::ranges::none_of(features.types, is_feature_type)) features.types.clear();
  split_genomes(features);
  return features;
}

void split_genomes(Features& features) {
  if (!features.genomes.empty()) return;
  constexpr std::string_view kIdAfterGenome = "_ENS";
  const auto has_genome = [&](const std::string& id) {
    return !id.starts_with("ENS") && id.find(kIdAfterGenome) != std::string::npos;
  };
  if (std::ranges::count_if(features.ids, has_genome) <= std::ssize(features.ids) / 2) return;
  features.genomes.resize(features.size());
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (!has_genome(features.ids[i])) continue;
    const std::string prefix = features.ids[i].substr(0, features.ids[i].find(kIdAfterGenome) + 1);
    features.genomes[i] = prefix.substr(0, prefix.find_last_not_of('_') + 1);
    features.ids[i].erase(0, prefix.size());
    if (!features.names.empty() && features.names[i].starts_with(prefix)) features.names[i].erase(0, prefix.size());
  }
}

formats::Strings GeneChoice::of_genes(const formats::Strings& values) const {
  formats::Strings chosen;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (gene_of_feature[i] >= 0) chosen.push_back(values[i]);
  }
  return chosen;
}

GeneChoice choose_genes(const Features& features, const std::filesystem::path& file) {
  refuse_antibodies(features, file);
  GeneChoice choice;
  std::map<std::string, std::int64_t> left_out;
  for (std::size_t i = 0; i < features.size(); ++i) {
    const bool is_gene = features.types.empty() || features.types[i] == kGeneExpression;
    choice.gene_of_feature.push_back(is_gene ? choice.n_genes++ : -1);
    if (!is_gene) ++left_out[features.types[i].empty() ? "no type" : features.types[i]];
  }
  if (left_out.empty()) return choice;
  std::vector<std::string> types;
  for (const auto& [type, n] : left_out) types.push_back(fmt::format("{} ({})", type, core::format_count(n)));
  const std::string listed = fmt::format("{}", fmt::join(types, ", "));
  if (choice.n_genes == 0) {
    throw core::InputError({.file = file.string(),
                            .found = fmt::format("holds no genes: {}{}", listed, types.size() == 1 ? " alone" : ""),
                            .expected = fmt::format("features of the type {}", kGeneExpression),
                            .next_step = "give the matrix of genes of the same cells"});
  }
  const auto n_left_out = static_cast<std::int64_t>(features.size()) - choice.n_genes;
  choice.note = fmt::format("left out {} not {}: {}",
                            n_left_out == 1 ? "1 feature that is" : core::plural(n_left_out, "feature") + " that are",
                            n_left_out == 1 ? "a gene" : "genes", listed);
  return choice;
}

formats::Strings gene_names(const Features& features, const GeneChoice& choice) {
  formats::Strings ids = choice.of_genes(features.ids);
  formats::Strings names = choice.of_genes(features.names);
  if (are_ensembl(ids) || names.empty()) return ids;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) names[i] = ids[i];
  }
  return names;
}

formats::Strings gene_symbols(const Features& features, const GeneChoice& choice) {
  formats::Strings names = choice.of_genes(features.names);
  if (names.empty() || are_ensembl(names)) return {};
  return are_ensembl(choice.of_genes(features.ids)) ? names : formats::Strings();
}

}  // namespace sctab::tenx
