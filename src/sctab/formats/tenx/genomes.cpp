#include "sctab/formats/tenx/genomes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "sctab/core/numbers.hpp"

namespace sctab::tenx {
namespace {

void strip(std::string& text, const std::string& genome) {
  if (!text.starts_with(genome + "_")) return;
  const std::size_t rest = text.find_first_not_of('_', genome.size());
  if (rest != std::string::npos) text.erase(0, rest);
}

}  // namespace

bool is_human_genome(std::string_view genome) {
  constexpr std::array kPrefixes = {"grch", "hg1", "hg3", "human", "homo_sapiens", "t2t-chm13", "chm13"};
  std::string lower(genome);
  std::ranges::transform(lower, lower.begin(), [](char c) { return 'A' <= c && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return std::ranges::any_of(kPrefixes, [&](const char* prefix) { return lower.starts_with(prefix); });
}

void strip_genomes(Features& features) {
  std::set<std::string_view> genomes(features.genomes.begin(), features.genomes.end());
  genomes.erase("");
  if (genomes.size() < 2) return;
  for (std::size_t i = 0; i < features.genomes.size(); ++i) {
    if (features.genomes[i].empty()) continue;
    strip(features.ids[i], features.genomes[i]);
    if (!features.names.empty()) strip(features.names[i], features.genomes[i]);
  }
}

std::string keep_human_genes(const Features& features, GeneChoice& choice) {
  if (features.genomes.empty()) return {};
  std::map<std::string, core::GeneIndex> others;
  bool any_human = false;
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (choice.gene_of_feature[i] < 0) continue;
    const std::string& genome = features.genomes[i];
    if (is_human_genome(genome)) {
      any_human = true;
    } else if (!genome.empty()) {
      ++others[genome];
    }
  }
  if (!any_human || others.empty()) return {};
  choice.n_genes = 0;
  for (std::size_t i = 0; i < features.size(); ++i) {
    core::GeneIndex& gene = choice.gene_of_feature[i];
    if (gene >= 0) gene = others.contains(features.genomes[i]) ? -1 : choice.n_genes++;
  }
  std::vector<std::string> listed;
  for (const auto& [genome, n] : others) listed.push_back(fmt::format("{} ({})", genome, core::plural(n, "gene")));
  return fmt::format(
      "left out genes that are not human: {}; cells of other species are still there, and their labels mean nothing",
      fmt::join(listed, ", "));
}

}  // namespace sctab::tenx
