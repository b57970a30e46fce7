#include "sctab/corpus/provenance.hpp"

#include <nlohmann/json.hpp>

namespace sctab::corpus {

using nlohmann::json;

json to_json(const BuildOptions& options) {
  const CurationOptions& curation = options.curation;
  return {{"primary_only", curation.primary_only},
          {"assume_primary", curation.assume_primary},
          {"tenx_only", curation.tenx_only},
          {"below_native_cell", curation.below_native_cell},
          {"min_cells", curation.min_cells},
          {"min_donors", curation.min_donors},
          {"min_ancestors", curation.min_ancestors},
          {"strict_thresholds", curation.strict_thresholds},
          {"val_fraction", options.split.val_fraction},
          {"test_fraction", options.split.test_fraction},
          {"keep_types_in_train", options.split.keep_types_in_train},
          {"seed", options.split.seed},
          {"genes", options.genes.string()},
          {"symbols", options.symbols.string()},
          {"obs", options.obs.string()},
          {"counts", options.counts},
          {"donor_key", options.donor_key},
          {"dataset_key", options.dataset_key},
          {"cell_type_key", options.cell_type_key}};
}

json to_json(const std::vector<Source>& sources, const GeneSpace& genes, const std::vector<CellIndex>& kept) {
  json list = json::array();
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Source& source = sources[i];
    const genes::GeneAlignment& found = genes.alignment(i);
    list.push_back({{"path", source.path.string()},
                    {"bytes", source.identity.bytes},
                    {"modified", source.modified()},
                    {"cells", source.n_cells},
                    {"cells_kept", kept[i]},
                    {"matrix", source.counts.matrix_path},
                    {"matrix_reason", source.counts.reason},
                    {"integers", source.counts.integers},
                    {"genes", found.n_source()},
                    {"gene_ids", genes::describe(genes.id_kind(i))},
                    {"genes_found", found.n_found()},
                    {"genes_repeated", found.n_repeated()}});
  }
  return list;
}

json to_json(const std::vector<SkippedSource>& sources) {
  json list = json::array();
  for (const auto& source : sources) list.push_back({{"path", source.path.string()}, {"reason", source.reason()}});
  return list;
}

json to_json(const std::vector<RuleEffect>& effects) {
  json list = json::array();
  for (const auto& effect : effects) {
    list.push_back(
        {{"rule", effect.rule}, {"cells", effect.cells}, {"donors", effect.donors}, {"types", effect.types}});
  }
  return list;
}

json to_json(const std::vector<ReplacedLabel>& labels) {
  json list = json::array();
  for (const auto& label : labels) list.push_back({{"from", label.from}, {"to", label.to}, {"cells", label.cells}});
  return list;
}

json split_json(const SplitOptions& options, const BuildResult& result) {
  const double val = options.val_fraction, test = options.test_fraction;
  const std::array<double, 3> asked = {1 - val - test, val, test};
  json splits;
  for (std::size_t i = 0; i < store::kSplits.size(); ++i) {
    const double share =
        result.n_donors == 0 ? 0 : static_cast<double>(result.split_donors[i]) / static_cast<double>(result.n_donors);
    splits[std::string(store::name(store::kSplits[i]))] = {{"cells", result.split_cells[i]},
                                                           {"donors", result.split_donors[i]},
                                                           {"donor_fraction", share},
                                                           {"donor_fraction_asked", asked[i]}};
  }
  return splits;
}

}  // namespace sctab::corpus
