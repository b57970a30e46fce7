#include "sctab/corpus/read_sources.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/formats/open_cells.hpp"

namespace sctab::corpus {
namespace {

using core::format_count;
using core::InputError;

ObsKeys obs_keys(const BuildOptions& options) {
  ObsKeys keys;
  keys.donor = options.donor_key;
  keys.dataset = options.dataset_key;
  keys.cell_type = options.cell_type_key;
  keys.primary_only = options.curation.primary_only;
  keys.assume_primary = options.curation.assume_primary;
  return keys;
}

// Adds one source to all that is known of them, or throws and has added nothing.
void add_source(const std::filesystem::path& path, const BuildOptions& options, ObsCollector& collector,
                SourceContents& contents) {
  const auto file = formats::open_cells(path);
  const auto first_cell =
      contents.sources.empty() ? CellIndex{0} : contents.sources.back().first_cell + contents.sources.back().n_cells;
  Source source = inspect_source(*file, options.counts, first_cell);
  const formats::Strings genes = file->gene_names(source.counts.matrix_path);
  const formats::Strings symbols = file->gene_symbols(source.counts.matrix_path);
  collector.add(*file);
  contents.genes.add(genes, symbols);
  contents.sources.push_back(std::move(source));
}

// A source without enough genes has brought its own into the union: only a pass without it is as if it were not there.
void require_enough_genes(const SourceContents& contents) {
  std::vector<SkippedSource> bad;
  for (std::size_t i = 0; i < contents.sources.size(); ++i) {
    try {
      contents.genes.require_enough_found(i, contents.sources[i].path);
    } catch (const InputError& error) {
      bad.push_back({contents.sources[i].path, error.problem()});
    }
  }
  if (!bad.empty()) throw BadSources(std::move(bad));
}

void tell(const SourceContents& contents) {
  for (std::size_t i = 0; i < contents.sources.size(); ++i) {
    const Source& source = contents.sources[i];
    const core::GeneIndex repeated = contents.genes.alignment(i).n_repeated();
    spdlog::info(
        "{}: {} cells; counts from {} ({}); {} of {} genes found{}", source.path.string(), format_count(source.n_cells),
        source.counts.matrix_path, source.counts.reason, format_count(contents.genes.alignment(i).n_found()),
        format_count(contents.genes.genes().size()),
        repeated == 0 ? "" : fmt::format("; {} columns name a gene again and are summed", format_count(repeated)));
  }
  for (const auto& label : contents.replaced_labels) {
    spdlog::info("{} is obsolete: its {} cells are now {}", label.from, format_count(label.cells), label.to);
  }
}

}  // namespace

core::Problem with_next_step(core::Problem problem, std::string_view next_step) {
  if (!problem.next_step.empty()) problem.next_step += "; ";
  problem.next_step += next_step;
  return problem;
}

SourceContents read_sources(const std::vector<std::filesystem::path>& paths, const ontology::Ontology& ontology,
                            const BuildOptions& options, std::vector<SkippedSource>& skipped) {
  SourceContents contents{{}, {}, {}, GeneSpace(options.genes, options.symbols)};
  ObsCollector collector(ontology, obs_keys(options));
  core::Progress progress("reading obs", static_cast<std::int64_t>(paths.size()), "sources");
  for (const auto& path : paths) {
    core::check_interrupt();
    try {
      add_source(path, options, collector, contents);
    } catch (const InputError& error) {
      if (!options.keep_going) throw BadSources({{path, error.problem()}});
      spdlog::warn("skipped: {}", error.what());
      skipped.push_back({path, error.problem()});
    }
    progress.advance();
  }
  progress.finish();
  if (contents.sources.empty()) {
    throw InputError({.found = fmt::format("none of the {} sources can be used", skipped.size()),
                      .next_step = fmt::format("start with the first: {}", skipped.front().reason())});
  }
  contents.replaced_labels = collector.replaced_labels();
  contents.cells = collector.finish();
  contents.genes.finish();
  require_enough_genes(contents);
  tell(contents);
  return contents;
}

}  // namespace sctab::corpus
