#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sctab/augment/vectors.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/core/sha256.hpp"
#include "sctab/model/model_directory.hpp"
#include "sctab/train/train.hpp"
#include "support/fixtures.hpp"
#include "support/tiny_store.hpp"
#include "train/interrupted_training.hpp"

namespace sctab::train {
namespace {

namespace fs = std::filesystem;

class AugmentedTraining : public testing::Test {
 protected:
  void SetUp() override {
    core::Progress::set_quiet(true);
    write_vectors("vectors.h5ad", 1, "donor 0");
  }
  void TearDown() override { core::set_interrupted(false); }

  /// Five vectors of random differences, of a donor.
  void write_vectors(const std::string& name, std::uint64_t seed, const std::string& donor) {
    core::Rng rng(seed);
    augment::Vectors vectors;
    vectors.genes = store_.genes();
    vectors.values.clear(store_.genes().size());
    for (int i = 0; i < 5; ++i) {
      std::vector<sparse::GeneIndex> genes;
      std::vector<float> values;
      for (sparse::GeneIndex gene = 0; gene < store_.genes().size(); ++gene) {
        if (rng.below(3) != 0) continue;
        genes.push_back(gene);
        values.push_back(static_cast<float>(rng.normal()));
      }
      vectors.values.append_row(genes, values);
      vectors.origins.push_back({"T cell", "CL:0000084", donor, donor, 0});
    }
    augment::write_vectors(folder_ / name, vectors, nlohmann::json::object());
  }
  [[nodiscard]] TrainOptions options(const std::string& vectors) const {
    TrainOptions options;
    options.n_d = options.n_a = 8;
    options.virtual_batch_size = 16;
    options.batch_size = 32;
    options.max_epochs = 3;
    options.threads = 1;
    if (!vectors.empty()) options.augment = folder_ / vectors;
    return options;
  }
  /// Trains, and ends and resumes after so many steps each.
  std::string weights(const std::string& name, TrainOptions options, const std::vector<int>& ends = {}) {
    const fs::path out = folder_ / name;
    for (const int steps : ends) {
      tests::expect_interrupted(store_, tests::ended_after(options, steps), out);
      options.resume = true;
    }
    train(store_, options, out);
    return tests::read_bytes(out / "model.safetensors");
  }

  tests::TemporaryFolder folder_;
  store::Store store_ = tests::make_tiny_store(folder_ / "store");
};

TEST_F(AugmentedTraining, IsTheSameWhereverItWasEndedAndOnAnyNumberOfThreads) {
  const std::string want = weights("whole", options("vectors.h5ad"));
  EXPECT_EQ(weights("ended", options("vectors.h5ad"), {3, 11}), want);
  TrainOptions threads = options("vectors.h5ad");
  threads.threads = 3;
  EXPECT_EQ(weights("threads", threads), want);
  EXPECT_NE(weights("without", options("")), want);
}

TEST_F(AugmentedTraining, SoIsTheNoiseOfAssaysAndBothTogether) {
  TrainOptions noisy = options("");
  noisy.gene_dropout = 0.5;
  noisy.gene_noise = 1;
  const std::string want = weights("whole", noisy);
  EXPECT_EQ(weights("ended", noisy, {3, 11}), want);
  TrainOptions threads = noisy;
  threads.threads = 3;
  EXPECT_EQ(weights("threads", threads), want);
  TrainOptions without_dropout = noisy;
  without_dropout.gene_dropout = 0;
  EXPECT_NE(weights("without dropout", without_dropout), want);
  EXPECT_NE(weights("without", options("")), want);
  TrainOptions both = noisy;
  both.augment = folder_ / "vectors.h5ad";
  EXPECT_NE(weights("both", both), want);
}

TEST_F(AugmentedTraining, TheModelTellsWhichVectors) {
  (void)weights("model", options("vectors.h5ad"));
  const nlohmann::json plan = model::read_description(folder_ / "model").training.at("plan");
  EXPECT_EQ(plan.at("augmentation"), core::sha256_of_file(folder_ / "vectors.h5ad"));
  (void)weights("without", options(""));
  EXPECT_FALSE(model::read_description(folder_ / "without").training.at("plan").contains("augmentation"));
}

TEST_F(AugmentedTraining, ARunDoesNotGoOnWithOtherVectors) {
  write_vectors("other.h5ad", 2, "donor 0");
  tests::expect_interrupted(store_, tests::ended_after(options("vectors.h5ad"), 1), folder_ / "model");
  TrainOptions other = options("other.h5ad");
  other.resume = true;
  SCTAB_EXPECT_THROW_WITH(train(store_, other, folder_ / "model"), core::InputError, "augmentation was");
}

TEST_F(AugmentedTraining, VectorsOfHeldOutDonorsAreRefused) {
  write_vectors("leak.h5ad", 1, "donor 2");
  SCTAB_EXPECT_THROW_WITH(train(store_, options("leak.h5ad"), folder_ / "model"), core::InputError, "donor 2", "test");
  SCTAB_EXPECT_THROW_WITH(train(store_, options("none.h5ad"), folder_ / "model"), core::InputError, "none.h5ad");
  EXPECT_FALSE(fs::exists(folder_ / "model.run"));
}

}  // namespace
}  // namespace sctab::train
