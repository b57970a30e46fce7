#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/resumable_folder.hpp"
#include "sctab/corpus/read_sources.hpp"
#include "sctab/corpus/store_codes.hpp"

namespace sctab::corpus {

/// The folder of an unfinished build: STORE.build next to the store that it becomes. One build at a time. Unless it has
/// a checkpoint of the writer, or notes that keep() was called for, it is removed at the end.
class BuildFolder {
 public:
  /// Finds the build to resume or makes the folder of a new one. Throws InputError as core::ResumableFolder does.
  BuildFolder(const std::filesystem::path& store, core::Start start);
  ~BuildFolder();
  BuildFolder(const BuildFolder&) = delete;
  BuildFolder& operator=(const BuildFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }
  [[nodiscard]] bool has_checkpoint() const;
  /// Removes everything in it.
  void clear() { folder_.clear(); }
  /// Notes for the build that resumes this one, on what took long to find out: which sources are bad. Null: none.
  void write_notes(const nlohmann::json& notes) const;
  [[nodiscard]] nlohmann::json notes() const;
  /// Keeps the notes, if there are any, at the end. Returns whether anything is kept.
  bool keep();
  /// The folder becomes the store, in one step, and then loses its checkpoint and notes. Throws InputError if that
  /// fails; then an earlier store stays, and so does the folder with its checkpoint.
  void commit();

 private:
  [[nodiscard]] bool has_notes() const;

  core::ResumableFolder folder_;
  bool keep_ = false;
};

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
