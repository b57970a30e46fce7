#pragma once

#include <filesystem>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/corpus/build.hpp"
#include "sctab/corpus/gene_space.hpp"
#include "sctab/corpus/obs_collection.hpp"
#include "sctab/corpus/source.hpp"

namespace sctab::corpus {

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
