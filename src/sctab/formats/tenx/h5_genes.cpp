#include "sctab/formats/tenx/h5_genes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "sctab/core/numbers.hpp"
#include "sctab/formats/arrays/next_steps.hpp"
#include "sctab/formats/tenx/genomes.hpp"

namespace sctab::tenx {
namespace {

/// The lists of features of one matrix.
class FeatureLists {
 public:
  FeatureLists(const arrays::ArrayGroup& file, std::string_view matrix_path)
      : file_(file), matrix_(matrix_path), has_group_(file.is_group(matrix_ + "/features")) {}

  /// Whether features are probes, of which a gene has several.
  [[nodiscard]] bool are_probes() const { return has_group_ && file_.is_array(path("gene_id")); }

  [[nodiscard]] Features read() const {
    Features features;
    const bool probes = are_probes();
    const std::string ids = !has_group_ ? matrix_ + "/genes" : path(probes ? "gene_id" : "id");
    features.ids = file_.texts(ids, "feature");
    const std::size_t n = features.size();
    features.names = optional(!has_group_ ? matrix_ + "/gene_names" : path(probes ? "gene_name" : "name"), n);
    if (!has_group_) return features;
    features.types = optional(path("feature_type"), n);
    features.genomes = optional(path("genome"), n);
    return features;
  }

  /// 1 for each probe that counts, one a feature; empty where the file does not say.
  [[nodiscard]] std::vector<std::int32_t> filtered_probes(std::size_t n) const {
    if (!has_group_ || !file_.is_array(path("filtered_probes"))) return {};
    auto flags = arrays::read_numbers<std::int32_t>(file_, path("filtered_probes"));
    require_length(path("filtered_probes"), flags.size(), n);
    return flags;
  }

 private:
  [[nodiscard]] std::string path(const char* name) const { return fmt::format("{}/features/{}", matrix_, name); }

  [[nodiscard]] formats::Strings optional(const std::string& path, std::size_t n) const {
    if (!file_.is_array(path)) return {};
    formats::Strings texts = file_.texts(path, "feature");
    require_length(path, texts.size(), n);
    return texts;
  }

  void require_length(const std::string& path, std::size_t found, std::size_t expected) const {
    if (found == expected) return;
    throw file_.error(path, {.found = core::plural(static_cast<std::int64_t>(found), "entry", "entries"),
                             .expected = fmt::format("{}, one for each id of a feature", expected),
                             .next_step = arrays::kWriteAgain});
  }

  const arrays::ArrayGroup& file_;
  std::string matrix_;
  bool has_group_;
};

/// Leaves out the probes that are not flagged; returns how many.
core::GeneIndex leave_out_probes(const std::vector<std::int32_t>& flags, GeneChoice& choice) {
  core::GeneIndex n_kept = 0;
  const core::GeneIndex n_before = choice.n_genes;
  for (std::size_t i = 0; i < flags.size(); ++i) {
    core::GeneIndex& gene = choice.gene_of_feature[i];
    if (gene >= 0) gene = flags[i] == 1 ? n_kept++ : -1;
  }
  choice.n_genes = n_kept;
  return n_before - n_kept;
}

/// Gives all probes of a gene the same column; what is kept is the first of each.
GeneChoice join_probes(const Features& features, GeneChoice& choice) {
  GeneChoice first_ones = choice;
  std::unordered_map<std::string_view, core::GeneIndex> gene_of_id;
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (choice.gene_of_feature[i] < 0) continue;
    const auto next = static_cast<core::GeneIndex>(gene_of_id.size());
    const auto [gene, is_new] = gene_of_id.try_emplace(features.ids[i], next);
    choice.gene_of_feature[i] = gene->second;
    first_ones.gene_of_feature[i] = is_new ? gene->second : -1;
  }
  choice.n_genes = static_cast<core::GeneIndex>(gene_of_id.size());
  first_ones.n_genes = choice.n_genes;
  return first_ones;
}

}  // namespace

bool H5Genes::has_all() const {
  core::GeneIndex next = 0;
  return std::ranges::all_of(gene_of_feature, [&](core::GeneIndex gene) { return gene == next++; });
}

H5Genes read_genes(const arrays::ArrayGroup& file, std::string_view matrix_path) {
  const FeatureLists lists(file, matrix_path);
  Features features = lists.read();
  split_genomes(features);
  strip_genomes(features);
  GeneChoice choice = choose_genes(features, file.place("").file);
  H5Genes genes;
  if (!choice.note.empty()) genes.notes.push_back(choice.note);
  if (std::string note = keep_human_genes(features, choice); !note.empty()) genes.notes.push_back(std::move(note));
  GeneChoice named = choice;
  if (lists.are_probes()) {
    if (const auto n = leave_out_probes(lists.filtered_probes(features.size()), choice); n > 0) {
      genes.notes.push_back(fmt::format("left out {} that Cell Ranger does not count either (filtered_probes)",
                                        core::plural(n, "probe")));
    }
    named = join_probes(features, choice);
    genes.notes.push_back(fmt::format(
        "summed {} to {}",
        core::plural(std::ranges::count_if(choice.gene_of_feature, [](auto gene) { return gene >= 0; }), "probe"),
        core::plural(choice.n_genes, "gene")));
  }
  genes.names = gene_names(features, named);
  genes.symbols = gene_symbols(features, named);
  genes.gene_of_feature = std::move(choice.gene_of_feature);
  genes.n_genes = choice.n_genes;
  return genes;
}

}  // namespace sctab::tenx
