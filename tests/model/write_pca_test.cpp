#include "sctab/model/write_pca.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/store/loader.hpp"
#include "support/fixtures.hpp"
#include "support/tiny_store.hpp"

namespace sctab::model {
namespace {

std::vector<float> numbers_of(const std::filesystem::path& path) {
  const std::string bytes = sctab::tests::read_bytes(path);
  const std::size_t begin = 10 + static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
  std::vector<float> numbers((bytes.size() - begin) / sizeof(float));
  std::memcpy(numbers.data(), bytes.data() + begin, numbers.size() * sizeof(float));
  return numbers;
}

TEST(WritePca, ScoresAreTheCentredCellsTimesTheComponents) {
  core::Progress::set_quiet(true);
  const sctab::tests::TemporaryFolder folder;
  const store::Store store = sctab::tests::make_tiny_store(folder / "store");
  const PcaResult result = write_pca(store, {.n_components = 6}, 1, folder / "pca");
  EXPECT_EQ(result.n_components, 6);
  EXPECT_TRUE(result.share_of_variance > 0.1 && result.share_of_variance < 1) << result.share_of_variance;

  const std::vector<float> components = numbers_of(folder / "pca" / "components.npy"),
                           mean = numbers_of(folder / "pca" / "mean.npy"),
                           scores = numbers_of(folder / "pca" / "test.npy");
  ASSERT_EQ(components.size(), 60U * 6U);
  ASSERT_EQ(mean.size(), 60U);
  ASSERT_EQ(scores.size(), 60U * 6U);
  EXPECT_EQ(numbers_of(folder / "pca" / "train.npy").size(), 300U * 6U);
  EXPECT_EQ(numbers_of(folder / "pca" / "val.npy").size(), 60U * 6U);
  store::Loader loader(store, store::Split::kTest, {.shuffle = false, .threads = 1});
  store::Batch batch;
  ASSERT_TRUE(loader.next(batch));
  std::vector<float> dense(60U * 60U);
  sparse::to_dense(batch.x.view(), dense);
  for (std::size_t cell = 0; cell < 60; ++cell) {
    for (std::size_t j = 0; j < 6; ++j) {
      double want = 0;
      for (std::size_t gene = 0; gene < 60; ++gene) {
        want +=
            static_cast<double>(dense[cell * 60 + gene] - mean[gene]) * static_cast<double>(components[gene * 6 + j]);
      }
      EXPECT_NEAR(scores[cell * 6 + j], want, 1e-4);  // sums of 60 products of numbers up to 10
    }
  }
  const auto facts = core::read_json(folder / "pca" / "pca.json");
  EXPECT_EQ(facts["store_hash"], store.hash());
  EXPECT_EQ(facts["variance"].size(), 6U);
}

TEST(WritePca, ReplacesEarlierComponentsIfThatIsAskedFor) {
  core::Progress::set_quiet(true);
  const sctab::tests::TemporaryFolder folder;
  const store::Store store = sctab::tests::make_tiny_store(folder / "store");
  (void)write_pca(store, {.n_components = 3}, 1, folder / "pca");
  std::ofstream(folder.path() / "pca" / "notes.txt") << "mine";
  SCTAB_EXPECT_THROW_WITH(write_pca(store, {.n_components = 2}, 1, folder / "pca"), core::InputError,
                          "is a finished result of pca: 3 components of store, next to notes.txt", "--overwrite");
  EXPECT_EQ(numbers_of(folder / "pca" / "val.npy").size(), 60U * 3U);
  (void)write_pca(store, {.n_components = 2}, 1, folder / "pca", true);
  EXPECT_EQ(numbers_of(folder / "pca" / "val.npy").size(), 60U * 2U);
  EXPECT_EQ(sctab::tests::read_bytes(folder / "pca" / "notes.txt"), "mine");
}

TEST(WritePca, KeepsAUsersFolder) {
  core::Progress::set_quiet(true);
  const sctab::tests::TemporaryFolder folder;
  const store::Store store = sctab::tests::make_tiny_store(folder / "store");
  std::filesystem::create_directory(folder / "mine");
  std::ofstream(folder.path() / "mine" / "x.txt") << "x";
  SCTAB_EXPECT_THROW_WITH(write_pca(store, {}, 1, folder / "mine"), core::InputError, "mine");
}

}  // namespace
}  // namespace sctab::model
