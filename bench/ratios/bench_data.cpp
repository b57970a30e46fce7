#include "bench_data.hpp"

#include <nlohmann/json.hpp>

#include "lab/simulate/simulate.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/corpus/build.hpp"

namespace sctab::bench {
namespace {

// Raised when what is simulated for the same settings changes.
constexpr int kDataVersion = 1;

std::int64_t bytes_below(const std::filesystem::path& folder) {
  std::int64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += static_cast<std::int64_t>(entry.file_size());
  }
  return bytes;
}

simulate::SimulateOptions simulated(const Settings& settings) {
  simulate::SimulateOptions options;
  options.n_cells = settings.n_cells;
  options.n_sources = 1;
  options.n_types = settings.quick ? 12 : 40;
  options.n_genes = static_cast<int>(settings.n_genes);
  options.overwrite = true;
  return options;
}

/// Every cell that can be trained on, and few for validation: what is measured is training.
corpus::BuildOptions build_options(const simulate::SimulateResult& sources) {
  corpus::BuildOptions options;
  options.curation.min_cells = 0;
  options.curation.min_donors = 0;
  options.curation.min_ancestors = 0;
  options.split.val_fraction = 0.05;
  options.split.test_fraction = 0.05;
  options.ontology = sources.ontology;
  options.genes = sources.genes;
  options.overwrite = true;
  return options;
}

}  // namespace

nlohmann::json make_bench_data(const Settings& settings) {
  const std::filesystem::path stamp = settings.data / "made.json";
  const nlohmann::json sizes = {
      {"version", kDataVersion}, {"n_cells", settings.n_cells}, {"n_genes", settings.n_genes}};
  if (!std::filesystem::exists(stamp) || core::read_json(stamp) != sizes) {
    std::filesystem::remove(stamp);
    const auto sources = simulate::simulate(settings.data / "simulated", simulated(settings));
    corpus::build(sources.sources, settings.store(), build_options(sources));
    core::write_json(stamp, sizes);
  }
  return {{"source_bytes", std::filesystem::file_size(settings.source())},
          {"store_bytes", bytes_below(settings.store())}};
}

}  // namespace sctab::bench
