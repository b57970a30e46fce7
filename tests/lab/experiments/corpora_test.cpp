#include "lab/experiments/corpora.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "lab/experiments/parsed_recipe.hpp"
#include "lab/simulate/simulate.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/progress.hpp"

namespace sctab::experiments::tests {
namespace {

namespace fs = std::filesystem;

class Corpora : public testing::Test {
 protected:
  void SetUp() override {
    core::Progress::set_quiet(true);
    simulate::SimulateOptions options;
    options.n_cells = 400;
    options.n_sources = 1;
    options.n_donors = 8;
    options.n_types = 4;
    options.n_genes = 200;
    options.threads = 1;
    const simulate::SimulateResult made = simulate::simulate(folder_ / "data", options);
    fs::rename(made.ontology, folder_ / "data" / "cl.obo");
    corpus_.data = folder_ / "data";
    corpus_.threads = 1;
  }
  /// Whether the store in `out` is built by this call.
  bool is_built(const std::string& more) {
    const Recipe recipe = parse_recipe(
        "title = \"t\"\nseeds = [1]\n[[model]]\nname = \"a\"\nkind = \"centroid\"\n[corpus]\nsources = "
        "[\"source-01.h5ad\"]\nmin_cells = 1\nmin_donors = 1\nmin_ancestors = 0\n" +
        more);
    const fs::path made = folder_ / "out" / "store" / "store.json";
    fs::create_directories(folder_ / "out");
    const auto time = [&made] { return fs::exists(made) ? fs::last_write_time(made) : fs::file_time_type(); };
    const auto before = time();
    static_cast<void>(open_corpus(recipe, folder_ / "out", corpus_));
    return time() != before;
  }
  void touch(const char* name) const {
    const fs::path path = folder_ / "data" / name;
    fs::last_write_time(path, fs::last_write_time(path) + std::chrono::seconds(2));
  }

  sctab::tests::TemporaryFolder folder_;
  CorpusOptions corpus_;
};

TEST_F(Corpora, AreBuiltAgainWhenOneOfTheirFilesHasChanged) {
  fs::copy_file(folder_ / "data" / "genes.csv", folder_ / "data" / "symbols.csv");
  const std::string files = "ontology = \"cl.obo\"\ngenes = \"genes.csv\"\nsymbols = \"symbols.csv\"\n";
  EXPECT_TRUE(is_built(files));
  EXPECT_FALSE(is_built(files));
  for (const char* name : {"source-01.h5ad", "cl.obo", "genes.csv", "symbols.csv"}) {
    touch(name);
    EXPECT_TRUE(is_built(files)) << name;
    EXPECT_FALSE(is_built(files)) << name;
  }
}

TEST_F(Corpora, AFailedBuildLeavesTheEarlierStore) {
  EXPECT_TRUE(is_built(""));
  EXPECT_THROW(is_built("cell_type_key = \"no_such_column\"\n"), core::InputError);
  EXPECT_FALSE(is_built("")) << "it is as good as it was";
}

TEST_F(Corpora, AStoreThatTheNoteDoesNotDescribeIsBuiltAgain) {
  EXPECT_TRUE(is_built(""));
  const fs::path note = folder_ / "out" / "store-origin.json";
  nlohmann::json changed = nlohmann::json::parse(std::ifstream(note));
  changed["store"] = "another's";
  std::ofstream(note) << changed;
  EXPECT_TRUE(is_built(""));
}

TEST_F(Corpora, AnOntologyThatIsFoundCountsLikeANamedOne) {
  EXPECT_TRUE(is_built(""));
  EXPECT_FALSE(is_built(""));
  touch("cl.obo");
  EXPECT_TRUE(is_built(""));
  SCTAB_EXPECT_THROW_WITH(is_built("genes = \"none.csv\"\n"), core::InputError, "none.csv", "no such file");
}

}  // namespace
}  // namespace sctab::experiments::tests
