#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/corpus/build.hpp"
#include "sctab/corpus/gene_space.hpp"
#include "sctab/corpus/obs_collection.hpp"
#include "sctab/formats/cell_source.hpp"
#include "sctab/genes/genes.hpp"

namespace sctab::corpus {

/// One input file, as the first pass found it. Files are opened again for the second: hundreds need not stay open.
struct Source {
  std::filesystem::path path;
  /// Seconds since 1970.
  [[nodiscard]] std::int64_t modified() const { return identity.modified / 1'000'000'000; }
  core::FileIdentity identity;
  formats::OpenOptions open{};
  CellIndex first_cell = 0, n_cells = 0;  // its cells' place in the CellTable
  formats::CountsSource counts;
};

/// Finds the counts of a file. counts_name: as the user named them, or empty.
Source inspect_source(const formats::CellSource& file, const std::string& counts_name, CellIndex first_cell);

struct StreamOptions {
  std::int64_t block_bytes = 100'000'000;  // of one block of cells in memory; four are held
  formats::ReadOptions read;
};

/// Receives kept cells: counts over the target genes, and each one's row in the source. Called from one thread, in the
/// order of the rows.
using CountsReceiver = std::function<void(sparse::CsrView, const std::vector<CellIndex>& rows)>;

/// Reads the counts of a source in blocks, the next one while the pool checks and aligns this one. Every cell is
/// checked; those with keep[row] != 0 are aligned and passed on. Throws InputError naming file, matrix and cell, and
/// where the file is another than the first pass found or changes while it is read.
void stream_counts(const Source& source, const std::vector<std::uint8_t>& keep, const genes::GeneAlignment& alignment,
                   const StreamOptions& options, core::ThreadPool& pool, const CountsReceiver& receive);

/// The problem with one more thing that the user can do.
core::Problem with_next_step(core::Problem problem, std::string_view next_step);

/// Sources that cannot be used. Its problem is the first one's.
class BadSources : public core::InputError {
 public:
  /// At least one.
  explicit BadSources(std::vector<SkippedSource> sources)
      : InputError(sources.front().problem), sources_(std::move(sources)) {}
  [[nodiscard]] const std::vector<SkippedSource>& sources() const { return sources_; }

 private:
  std::vector<SkippedSource> sources_;
};

/// What the first pass over the sources finds.
struct SourceContents {
  std::vector<Source> sources;
  CellTable cells;
  std::vector<ReplacedLabel> replaced_labels;
  GeneSpace genes;
};

/// The first pass: obs, where the counts are, gene names. A source that cannot be used ends it with BadSources; or with
/// options.keep_going it is added to `skipped`, with a warning, and all is as if it had not been given.
SourceContents read_sources(const std::vector<std::filesystem::path>& paths, const ontology::Ontology& ontology,
                            const BuildOptions& options, std::vector<SkippedSource>& skipped);

}  // namespace sctab::corpus
