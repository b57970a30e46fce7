#include <fmt/format.h>

#include "lab/experiments/recipe_sections.hpp"
#include "sctab/core/error.hpp"

namespace sctab::experiments {
namespace {

void take_path(SettingsReader& reader, std::string_view key, std::filesystem::path& path) {
  std::string text;
  if (reader.take(key, text)) path = text;
}

void take_curation(SettingsReader& reader, corpus::CurationOptions& curation) {
  reader.take("primary_only", curation.primary_only);
  reader.take("assume_primary", curation.assume_primary);
  reader.take("tenx_only", curation.tenx_only);
  reader.take("below_native_cell", curation.below_native_cell);
  reader.take("min_cells", curation.min_cells);
  reader.take("min_donors", curation.min_donors);
  reader.take("min_ancestors", curation.min_ancestors);
  reader.take("strict_thresholds", curation.strict_thresholds);
  curation.validate();
}

void take_split(SettingsReader& reader, corpus::SplitOptions& split) {
  reader.take("val_fraction", split.val_fraction);
  reader.take("test_fraction", split.test_fraction);
  reader.take("keep_types_in_train", split.keep_types_in_train);
  reader.take("seed", split.seed);
  split.validate();
}

simulate::SimulateOptions read_simulation(SettingsReader reader) {
  simulate::SimulateOptions options;
  reader.take("cells", options.n_cells);
  reader.take("sources", options.n_sources);
  reader.take("donors", options.n_donors);
  reader.take("types", options.n_types);
  reader.take("genes", options.n_genes);
  reader.take("donor_effect", options.donor_effect);
  reader.take("coarse_labels", options.coarse_labels);
  reader.take("seed", options.seed);
  reader.require_no_others();
  options.validate();
  return options;
}

void take_all(SettingsReader& reader, CorpusSpec& corpus) {
  std::vector<std::string> sources;
  reader.take("sources", sources);
  corpus.sources.assign(sources.begin(), sources.end());
  if (auto simulated = reader.take_table("simulate")) corpus.simulated = read_simulation(*simulated);
  if (corpus.sources.empty() != corpus.simulated.has_value()) {
    reader.refuse("sources", {.found = corpus.simulated ? "given together with simulate" : "missing, and simulate too",
                              .expected = "either sources, a list of files, or simulate, a table"});
  }
  take_path(reader, "ontology", corpus.build.ontology);
  take_path(reader, "genes", corpus.build.genes);
  take_path(reader, "symbols", corpus.build.symbols);
  reader.take("counts", corpus.build.counts);
  reader.take("donor_key", corpus.build.donor_key);
  reader.take("dataset_key", corpus.build.dataset_key);
  reader.take("cell_type_key", corpus.build.cell_type_key);
  take_curation(reader, corpus.build.curation);
  take_split(reader, corpus.build.split);
}

void take_share(SettingsReader& reader, PartSpec& part) {
  std::string by;
  const bool has_by = reader.take_choice("by", by, {"cells", "donors"});
  const bool has_fraction = reader.take("fraction", part.fraction);
  if (has_by && !has_fraction) {
    reader.refuse("fraction", {.found = "missing", .next_step = fmt::format("give the fraction of the {}", by)});
  }
  if (!(part.fraction > 0 && part.fraction <= 1)) {
    reader.refuse("fraction", {.found = fmt::to_string(part.fraction), .expected = "a number above 0 and at most 1"});
  }
  if (!has_by && part.fraction < 1) {
    reader.refuse("fraction", {.found = fmt::format("{}, and by is missing", part.fraction),
                               .next_step = "add by = \"cells\" or by = \"donors\""});
  }
  if (has_by) part.by = by == "cells" ? corpus::SubsampleBy::kCells : corpus::SubsampleBy::kDonors;
}

}  // namespace

CorpusSpec read_corpus(SettingsReader reader) {
  CorpusSpec corpus;
  corpus.as_given = to_json(reader.setting());
  take_all(reader, corpus);
  reader.require_no_others();
  return corpus;
}

PartSpec read_part(SettingsReader reader) {
  PartSpec part;
  reader.require("name", part.name);
  take_share(reader, part);
  reader.take("without_types", part.without_types);
  reader.take("only_tissues", part.only_tissues);
  reader.take("keep_types", part.keep_types);
  reader.require_no_others();
  return part;
}

nlohmann::json to_json(const PartSpec& part) {
  auto json = nlohmann::json::object();
  if (part.by && part.fraction < 1) {  // a fraction of 1 is the same cells by either
    json["by"] = corpus::name(*part.by);
    json["fraction"] = part.fraction;
    if (part.keep_types) json["keep_types"] = true;
  }
  if (!part.without_types.empty()) json["without_types"] = part.without_types;
  if (!part.only_tissues.empty()) json["only_tissues"] = part.only_tissues;
  return json;
}

}  // namespace sctab::experiments
