#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/corpus/read_sources.hpp"
#include "sctab/corpus/store_codes.hpp"

namespace sctab::corpus {

/// What a build is of, as its first pass found it.
struct BuildInput {
  const SourceContents& contents;  // curated
  const StoreCodes& codes;
  const std::vector<store::Split>& donor_splits;  // of each donor code
  const ontology::Ontology& ontology;
  const std::vector<SkippedSource>& skipped;
};

/// Two builds with one key write one store: options, sources by size and time, and hashes of what was derived from
/// them, so that another ontology, gene list or symbol table under the same name is noticed where it changes anything.
nlohmann::json build_key(const BuildInput& input, const BuildOptions& options);

/// The unfinished build in a folder is not the one asked for.
class AnotherBuild : public core::InputError {
 public:
  using InputError::InputError;
};

/// Throws AnotherBuild naming what differs. folder: where the unfinished build of key `before` lies. n_read: sources
/// whose counts it has; files of the others may have been replaced, for what follows from them is in the hashes.
void require_same_build(const std::filesystem::path& folder, nlohmann::json before, const nlohmann::json& key,
                        std::size_t n_read);

}  // namespace sctab::corpus
