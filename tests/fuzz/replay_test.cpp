// Every file of tests/fuzz/corpus, whole and damaged, through its harness. What fuzzing finds is added there.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/harnesses.hpp"
#include "support/source_folder.hpp"

namespace sctab::fuzz {
namespace {

namespace fs = std::filesystem;

struct Harness {
  const char* name;
  void (*run)(Bytes);
};
constexpr Harness kHarnesses[] = {{"boosted_trees", fuzz_boosted_trees},
                                  {"checkpoint", fuzz_checkpoint},
                                  {"chunk", fuzz_chunk},
                                  {"codec", fuzz_codec},
                                  {"csv", fuzz_csv},
                                  {"dense_table", fuzz_dense_table},
                                  {"features", fuzz_features},
                                  {"gene_list", fuzz_gene_list},
                                  {"gzip_stream", fuzz_gzip_stream},
                                  {"h5ad", fuzz_h5ad},
                                  {"hdf5_cells", fuzz_hdf5_cells},
                                  {"hparams", fuzz_hparams},
                                  {"json", fuzz_json},
                                  {"label_table", fuzz_label_table},
                                  {"manifest", fuzz_manifest},
                                  {"mtx", fuzz_mtx},
                                  {"npy", fuzz_npy},
                                  {"obo", fuzz_obo},
                                  {"pickle", fuzz_pickle},
                                  {"safetensors", fuzz_safetensors},
                                  {"shard", fuzz_shard},
                                  {"tar", fuzz_tar},
                                  {"toml", fuzz_toml},
                                  {"ubjson", fuzz_ubjson},
                                  {"zip", fuzz_zip}};

fs::path corpus() {
  return sctab::tests::source_folder() / "tests" / "fuzz" / "corpus";
}

std::vector<std::uint8_t> read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Fuzz : public testing::TestWithParam<Harness> {};

TEST_P(Fuzz, ReplaysItsCorpus) {
  int n_files = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(corpus() / GetParam().name)) {
    SCOPED_TRACE(entry.path().string());
    EXPECT_NO_THROW(run_harness(GetParam().run, read_bytes(entry.path())));
    ++n_files;
  }
  EXPECT_GT(n_files, 0) << "a corpus of its own";
}

TEST_P(Fuzz, EndsOnPartsOfItsCorpus) {
  constexpr std::size_t kCuts = 20;
  for (const fs::directory_entry& entry : fs::directory_iterator(corpus() / GetParam().name)) {
    const auto bytes = read_bytes(entry.path());
    for (std::size_t i = 0; i < kCuts; ++i) {
      SCOPED_TRACE(entry.path().string() + ", cut " + std::to_string(i));
      EXPECT_NO_THROW(run_harness(GetParam().run, Bytes(bytes).first(bytes.size() * i / kCuts)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Parsers, Fuzz, testing::ValuesIn(kHarnesses),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(FuzzCorpus, HasAHarnessForEachFolder) {
  for (const fs::directory_entry& entry : fs::directory_iterator(corpus())) {
    if (!entry.is_directory()) continue;
    const auto name = entry.path().filename().string();
    EXPECT_TRUE(std::ranges::any_of(kHarnesses, [&name](const Harness& harness) { return harness.name == name; }))
        << name;
  }
}

}  // namespace
}  // namespace sctab::fuzz
