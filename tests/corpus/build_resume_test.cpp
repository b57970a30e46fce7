#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/corpus/build.hpp"
#include "sctab/corpus/build_folder.hpp"
#include "sctab/corpus/provenance.hpp"
#include "sctab/corpus/read_sources.hpp"
#include "support/fixtures.hpp"
#include "support/h5ad_file.hpp"
#include "support/small_ontology.hpp"

namespace sctab::corpus {
namespace {

namespace fs = std::filesystem;
using core::InputError;
using tests::H5adFile;

// The counts of a cell so that the first pass takes them and the second does not.
void spoil(H5adFile& file) {
  file.counts.data[static_cast<std::size_t>(file.counts.indptr[37])] = -1;
}

class BuildResume : public ::testing::Test {
 protected:
  /// Begins a build of three sources that ends at the third, a bad one. The next build resumes it.
  std::array<fs::path, 3> leave_unfinished_at_the_third() {
    H5adFile spoiled = c_;
    spoil(spoiled);
    const std::array paths = {write("a.h5ad", a_), write("b.h5ad", b_), write("c.h5ad", spoiled)};
    EXPECT_THROW(build_store("store", {paths.begin(), paths.end()}), BadSources);
    options_.resume = true;
    return paths;
  }
  BuildResume() {
    core::write_file_atomically(folder_ / "cl.obo", tests::small_obo());
    options_.curation.min_cells = options_.curation.min_donors = options_.curation.min_ancestors = 0;
    options_.seconds_between_checkpoints = 0;
    options_.overwrite = true;
    core::Progress::set_quiet(true);
  }
  fs::path write(const std::string& name, const H5adFile& file) {
    file.write(folder_ / name);
    return folder_ / name;
  }
  BuildResult build_store(const std::string& name, const std::vector<fs::path>& sources) {
    return build(sources, folder_ / name, options_);
  }
  // As write(), with the size and the time of a first version, so that the two are one source to a build.
  fs::path write_as_before(const std::string& name, const H5adFile& file) {
    const fs::path path = folder_ / name;
    const auto size = fs::file_size(path);
    const auto time = fs::last_write_time(path);
    file.write(path);
    fs::resize_file(path, size);
    fs::last_write_time(path, time);
    return path;
  }
  // Zeros at the end of a file, which HDF5 does not read, so that other versions of it fit in its size.
  void make_room(const fs::path& path) { fs::resize_file(path, fs::file_size(path) + 4096); }
  nlohmann::json shards(const std::string& store) {
    return core::read_json(folder_ / store / "store.json").at("shards");
  }

  tests::TemporaryFolder folder_;
  BuildOptions options_;
  H5adFile a_ = tests::small_file(6, 1, "a"), b_ = tests::small_file(5, 2, "b"), c_ = tests::small_file(7, 3, "c");
};

TEST_F(BuildResume, AnUnfinishedBuildGoesOnToTheSameBytes) {
  const fs::path a = write("a.h5ad", a_), b = write("b.h5ad", b_);
  H5adFile spoiled = c_;
  spoil(spoiled);
  const fs::path c = write("c.h5ad", spoiled);
  for (const auto& source : {a, b, c}) make_room(source);
  SCTAB_EXPECT_THROW_WITH(build_store("store", {a, b, c}), InputError, "c.h5ad", "cell 37", "store.build",
                          "repair the file, then continue from", "--resume");
  EXPECT_FALSE(fs::exists(folder_ / "store"));
  ASSERT_TRUE(fs::exists(folder_ / "store.build" / "checkpoint.json"));

  SCTAB_EXPECT_THROW_WITH(build_store("store", {a, b, c}), InputError, "store.build", "unfinished", "--resume");
  options_.resume = true;
  options_.split.seed = 2;
  SCTAB_EXPECT_THROW_WITH(build_store("store", {a, b, c}), InputError, "store.build", "options/seed");
  options_.split.seed = 1;
  SCTAB_EXPECT_THROW_WITH(build_store("store", {a, c}), InputError, "store.build", "sources");

  write_as_before("c.h5ad", c_);
  build_store("whole", {a, b, c});
  H5adFile changed = a_;  // were it read again, the store would not be the same
  for (float& count : changed.counts.data) count += 1;
  write_as_before("a.h5ad", changed);
  const BuildResult result = build_store("store", {a, b, c});
  EXPECT_EQ(result.n_cells, 180);
  EXPECT_EQ(shards("store"), shards("whole"));
  EXPECT_EQ(core::read_json(folder_ / "store" / "store.json"), core::read_json(folder_ / "whole" / "store.json"));
  EXPECT_FALSE(fs::exists(folder_ / "store.build"));
  EXPECT_FALSE(fs::exists(folder_ / "store" / "checkpoint.json"));
  SCTAB_EXPECT_THROW_WITH(build_store("store", {a, b, c}), InputError, "store", "finished", "--resume");
}

TEST_F(BuildResume, ABadSourceMayBeReplacedAndOneThatWasReadMayNot) {
  const auto [a, b, c] = leave_unfinished_at_the_third();
  const auto replace = [this](const std::string& name, const H5adFile& file) {
    const auto time = fs::last_write_time(folder_ / name);
    fs::last_write_time(write(name, file), time + std::chrono::hours(1));
  };

  const auto time = fs::last_write_time(b);
  replace("b.h5ad", b_);
  try {
    build_store("store", {a, b, c});
    ADD_FAILURE() << "the counts of b.h5ad are of the file before";
  } catch (const InputError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("sources/1/modified"), std::string::npos) << message;
    EXPECT_EQ(message.find("--resume"), std::string::npos) << "that is what was refused: " << message;
  }
  fs::last_write_time(b, time);
  H5adFile relabelled = c_;  // of which donors and splits may not be the same
  relabelled.obs["donor_id"][5] = "someone else";
  replace("c.h5ad", relabelled);
  SCTAB_EXPECT_THROW_WITH(build_store("store", {a, b, c}), InputError, "store.build", "derived/");

  replace("c.h5ad", c_);
  EXPECT_EQ(build_store("store", {a, b, c}).n_cells, 180);
  build_store("whole", {a, b, c});
  EXPECT_EQ(core::read_json(folder_ / "store" / "store.json"), core::read_json(folder_ / "whole" / "store.json"));
}

// An ontology, gene list or symbol table that was changed between the two runs, under its name and with its version.
class ChangedInput : public BuildResume {
 protected:
  ChangedInput() {
    options_.resume = true;
    options_.genes = folder_ / "genes.txt";
    options_.symbols = folder_ / "symbols.tsv";
    write_genes(a_.genes);
    write_symbols(a_.genes[1]);
    a_.genes[0] = "SYMBOL";
    H5adFile spoiled = b_;
    spoil(spoiled);
    sources_ = {write("a.h5ad", a_), write("b.h5ad", spoiled)};
    SCTAB_EXPECT_THROW_WITH(build_store("store", sources_), InputError, "b.h5ad", "cell 37");
    SCTAB_EXPECT_THROW_WITH(build_store("store", sources_), InputError, "b.h5ad", "cell 37");  // it may be resumed
  }
  void write_genes(const std::vector<std::string>& genes) {
    core::write_file_atomically(options_.genes, fmt::format("{}\n", fmt::join(genes, "\n")));
  }
  void write_symbols(const std::string& id) {
    core::write_file_atomically(options_.symbols, "feature_id\tfeature_name\n" + id + "\tSYMBOL\n");
  }
  void expect_refused(const char* what) {
    SCTAB_EXPECT_THROW_WITH(build_store("store", sources_), InputError, "store.build", "ontology, gene list or symbols",
                            what);
  }
  std::vector<fs::path> sources_;
};

TEST_F(ChangedInput, OfTheOntologyIsRefused) {
  const std::string obo = tests::read_bytes(folder_ / "cl.obo");
  const auto change = [&](const std::string& from, const std::string& to) {
    std::string text = obo;
    text.replace(text.find(from), from.size(), to);
    core::write_file_atomically(folder_ / "cl.obo", text);
  };
  change("name: CD4 T cell", "name: helper cell");
  expect_refused("derived/categories");
  change("is_a: CL:0000084", "is_a: CL:0000003");
  expect_refused("derived/ontology_of_cell_types");
  change("data-version: small/1", "data-version: small/2");
  SCTAB_EXPECT_THROW_WITH(build_store("store", sources_), InputError, "store.build", "differ in ontology");
}

TEST_F(ChangedInput, OfSymbolsIsRefused) {
  write_symbols(a_.genes[2]);
  expect_refused("derived/gene_alignments");
}

TEST_F(ChangedInput, OfTheGeneListIsRefused) {
  std::vector<std::string> genes = b_.genes;
  genes.pop_back();
  write_genes(genes);
  SCTAB_EXPECT_THROW_WITH(build_store("store", sources_), InputError, "store.build", "gene_list_hash");
}

TEST_F(BuildResume, ResumingNothingIsABuild) {
  options_.resume = true;
  EXPECT_EQ(build_store("store", {write("a.h5ad", a_), write("b.h5ad", b_)}).n_cells, 110);
}

TEST_F(BuildResume, FoldersOfOthersAreLeftAlone) {
  const fs::path a = write("a.h5ad", a_);
  fs::create_directory(folder_ / "store.build");
  tests::write_bytes(folder_ / "store.build" / "cat.jpg", "a cat");
  SCTAB_EXPECT_THROW_WITH(build_store("store", {a}), InputError, "store.build", "cat.jpg");
  EXPECT_TRUE(fs::exists(folder_ / "store.build" / "cat.jpg"));
  fs::remove(folder_ / "store.build" / "cat.jpg");
  for (const char* name : {"my-only-copy.h5ad", "train-0001.h5ad", "train-00001.h5ad.bak", "mine.spool", "a.tmp",
                           ".my-only-copy.h5ad.12-0.tmp"}) {
    tests::write_bytes(folder_ / "store.build" / name, "years of work");
    SCTAB_EXPECT_THROW_WITH(build_store("store", {a}), InputError, "store.build", name);
    EXPECT_EQ(tests::read_bytes(folder_ / "store.build" / name), "years of work");
    fs::remove(folder_ / "store.build" / name);
  }
  fs::create_directory(folder_ / "store.build" / "val-00000.h5ad");
  tests::write_bytes(folder_ / "store.build" / "val-00000.h5ad" / "cat.jpg", "a cat");
  SCTAB_EXPECT_THROW_WITH(build_store("store", {a}), InputError, "store.build", "val-00000.h5ad");
  EXPECT_TRUE(fs::exists(folder_ / "store.build" / "val-00000.h5ad" / "cat.jpg"));
  tests::write_bytes(folder_ / "other.build", "a file");
  SCTAB_EXPECT_THROW_WITH(build_store("other", {a}), InputError, "other.build", "is a file");
}

TEST_F(BuildResume, AStoreThatCannotTakeItsPlaceIsKept) {
  {
    BuildFolder folder(folder_ / "store", {});
    tests::write_bytes(folder.path() / "train-00000.h5ad", "a shard");
    tests::write_bytes(folder.path() / "checkpoint.json", "{}");
    tests::write_bytes(folder_ / "store", "a file that came meanwhile");
    EXPECT_THROW(folder.commit(), InputError);
  }
  EXPECT_EQ(tests::read_bytes(folder_ / "store.build" / "train-00000.h5ad"), "a shard");
  fs::remove(folder_ / "store");
  BuildFolder(folder_ / "store", {.resume = true}).commit();
  EXPECT_EQ(tests::read_bytes(folder_ / "store" / "train-00000.h5ad"), "a shard");
  EXPECT_FALSE(fs::exists(folder_ / "store" / "checkpoint.json"));
  EXPECT_FALSE(fs::exists(folder_ / "store.build"));
}

TEST_F(BuildResume, AFinishedStoreIsReplacedIfThatIsAskedFor) {
  const fs::path a = write("a.h5ad", a_), b = write("b.h5ad", b_);
  options_.overwrite = false;
  build_store("store", {a, b});
  SCTAB_EXPECT_THROW_WITH(build_store("store", {a}), InputError, "store: is a finished store of 110 cells",
                          "--overwrite");
  EXPECT_FALSE(fs::exists(folder_ / "store.build"));
  H5adFile spoiled = b_;
  spoil(spoiled);
  write("b.h5ad", spoiled);
  options_.overwrite = true;
  tests::write_bytes(folder_ / "store" / "notes.txt", "mine");
  EXPECT_THROW(build_store("store", {a, b}), BadSources);  // next to the finished one there is an unfinished one now
  options_.overwrite = false;
  for (const bool resume : {false, true}) {
    options_.resume = resume;
    SCTAB_EXPECT_THROW_WITH(build_store("store", {a, b}), InputError, "store: is a finished store of 110 cells",
                            "which an unfinished build would replace", "--resume --overwrite", "store.build");
  }
  options_.overwrite = true;
  write("b.h5ad", b_);
  EXPECT_EQ(build_store("store", {a, b}).n_cells, 110);
  EXPECT_EQ(tests::read_bytes(folder_ / "store" / "notes.txt"), "mine");
}

TEST_F(BuildResume, ACheckpointWithAnImpossibleNumberIsRefused) {
  const auto [a, b, c] = leave_unfinished_at_the_third();
  const fs::path file = folder_ / "store.build" / "checkpoint.json";
  nlohmann::json checkpoint = core::read_json(file);
  for (const nlohmann::json& number : {nlohmann::json(-1), nlohmann::json(4), nlohmann::json(1e300)}) {
    checkpoint.at("note")["next_source"] = number;
    core::write_json(file, checkpoint);
    SCTAB_EXPECT_THROW_WITH(build_store("store", {a, b, c}), InputError, "checkpoint.json: note.next_source",
                            "expected 0 to 3");
  }
}

TEST_F(BuildResume, WhatAKilledBuildLeftIsClearedAway) {
  fs::create_directory(folder_ / "store.build");
  for (const char* name : {"train-00000.spool", "val-00000.h5ad", "genes.tsv", ".train-00001.h5ad.12-0.tmp",
                           ".checkpoint.json.12-3.tmp", "store.json"}) {
    tests::write_bytes(folder_ / "store.build" / name, "half");
  }
  EXPECT_EQ(build_store("store", {write("a.h5ad", a_), write("b.h5ad", b_)}).n_cells, 110);
  EXPECT_FALSE(fs::exists(folder_ / "store" / ".train-00001.h5ad.12-0.tmp"));
}

TEST_F(BuildResume, KeepGoingBuildsTheStoreOfTheGoodSources) {
  const fs::path a = write("a.h5ad", a_), c = write("c.h5ad", c_);
  core::write_file_atomically(folder_ / "text.h5ad", "cell,gene\n1,2\n");
  H5adFile mislabelled = b_, spoiled = tests::small_file(6, 4, "d"), mouse = b_;
  mislabelled.obs["cell_type_ontology_term_id"][41] = "T cell";
  mislabelled.set_all("tissue", "a tissue of no other");
  spoil(spoiled);
  for (auto& gene : mouse.genes) gene.replace(0, 4, "ENSMUSG");
  const std::vector<fs::path> all = {folder_ / "text.h5ad",          a, write("mislabelled.h5ad", mislabelled),
                                     write("spoiled.h5ad", spoiled), c, write("mouse.h5ad", mouse)};
  SCTAB_EXPECT_THROW_WITH(build_store("store", all), BadSources, "text.h5ad", "HDF5");
  EXPECT_FALSE(fs::exists(folder_ / "store.build"));

  options_.keep_going = true;
  const BuildResult result = build_store("store", all);
  ASSERT_EQ(result.skipped.size(), 4U);
  const std::pair<const char*, const char*> expected[] = {
      {"text.h5ad", "HDF5"}, {"mislabelled.h5ad", "cell 41"}, {"mouse.h5ad", "genes"}, {"spoiled.h5ad", "cell 37"}};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(result.skipped[i].path.filename(), expected[i].first);
    EXPECT_NE(result.skipped[i].reason().find(expected[i].second), std::string::npos) << result.skipped[i].reason();
  }
  options_.keep_going = false;
  build_store("good", {a, c});
  EXPECT_EQ(shards("store"), shards("good"));
  const nlohmann::json provenance = core::read_json(folder_ / "store" / "store.json").at("provenance");
  EXPECT_EQ(provenance.at("sources").size(), 2U);
  EXPECT_EQ(provenance.at("sources_skipped").size(), 4U);
  EXPECT_NE(provenance.at("sources_skipped")[2].at("reason").get<std::string>().find("mouse.h5ad"), std::string::npos);
}

TEST_F(BuildResume, KeepGoingFindsAllBadSourcesBeforeItStartsOver) {
  H5adFile spoiled_b = b_, spoiled_d = tests::small_file(6, 4, "d"), spoiled_e = tests::small_file(6, 5, "e");
  for (H5adFile* file : {&spoiled_b, &spoiled_d, &spoiled_e}) spoil(*file);
  const fs::path a = write("a.h5ad", a_), c = write("c.h5ad", c_);
  options_.keep_going = true;
  testing::internal::CaptureStdout();
  const BuildResult result =
      build_store("store", {a, write("b.h5ad", spoiled_b), c, write("d.h5ad", spoiled_d), write("e.h5ad", spoiled_e)});
  const std::string said = testing::internal::GetCapturedStdout();
  ASSERT_EQ(result.skipped.size(), 3U);
  EXPECT_EQ(result.skipped[0].path.stem(), "b");
  EXPECT_EQ(result.skipped[1].path.stem(), "d");
  EXPECT_EQ(result.skipped[2].path.stem(), "e");
  const std::size_t start = said.find("the build starts over without");
  ASSERT_NE(start, std::string::npos) << said;
  EXPECT_EQ(said.find("the build starts over without", start + 1), std::string::npos) << said;
  EXPECT_FALSE(fs::exists(folder_ / "store" / "skipped.json"));
  build_store("good", {a, c});
  EXPECT_EQ(shards("store"), shards("good"));
}

TEST_F(BuildResume, WhatIsKnownToBeBadOutlivesAnInterruptedBuild) {
  const fs::path a = write("a.h5ad", a_), b = write("b.h5ad", b_), c = write("c.h5ad", c_);
  const nlohmann::json notes = {
      {"options", to_json(options_)},
      {"ontology", ""},
      {"sources", {a.string(), b.string(), c.string()}},
      {"sources_skipped", to_json(std::vector<SkippedSource>{{b, {.found = "takes an hour to be found bad"}}})}};
  const auto leave_notes = [&](bool keep) {
    BuildFolder folder(folder_ / "store", {});
    folder.write_notes(notes);
    EXPECT_TRUE(!keep || folder.keep());
  };
  leave_notes(false);
  EXPECT_FALSE(fs::exists(folder_ / "store.build"));
  options_.keep_going = options_.resume = true;
  leave_notes(true);
  const BuildResult result = build_store("store", {a, b, c});
  ASSERT_EQ(result.skipped.size(), 1U);
  EXPECT_EQ(result.skipped[0].path, b);
  EXPECT_FALSE(fs::exists(folder_ / "store" / "skipped.json"));
  fs::remove_all(folder_ / "store");
  leave_notes(true);
  options_.split.seed = 2;
  EXPECT_EQ(build_store("store", {a, b, c}).skipped.size(), 0U) << "another build";
}

TEST_F(BuildResume, KeepGoingNeedsAtLeastOneGoodSource) {
  core::write_file_atomically(folder_ / "a.h5ad", "x");
  core::write_file_atomically(folder_ / "b.h5ad", "y");
  options_.keep_going = true;
  SCTAB_EXPECT_THROW_WITH(build_store("store", {folder_ / "a.h5ad", folder_ / "b.h5ad"}), InputError,
                          "none of the 2 sources", "a.h5ad");
  EXPECT_FALSE(fs::exists(folder_ / "store.build"));
}

}  // namespace
}  // namespace sctab::corpus
