#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "sctab/corpus/build.hpp"
#include "sctab/corpus/gene_space.hpp"
#include "sctab/corpus/obs_collection.hpp"
#include "sctab/corpus/read_sources.hpp"

namespace sctab::corpus {

/// The options that shape a store; where threads and memory do not.
nlohmann::json to_json(const BuildOptions& options);
/// The sources in order, each with its counts, its genes found and its cells. kept: cells kept of each.
nlohmann::json to_json(const std::vector<Source>& sources, const GeneSpace& genes, const std::vector<CellIndex>& kept);
nlohmann::json to_json(const std::vector<SkippedSource>& sources);
nlohmann::json to_json(const std::vector<RuleEffect>& effects);
nlohmann::json to_json(const std::vector<ReplacedLabel>& labels);
/// Donors and cells of each split, and the fractions of donors asked for and reached.
nlohmann::json split_json(const SplitOptions& options, const BuildResult& result);

}  // namespace sctab::corpus
