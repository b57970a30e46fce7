#include "sctab/train/checkpoint.hpp"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "sctab/core/error.hpp"
#include "sctab/nn/network.hpp"
#include "support/fixtures.hpp"
#include "support/random_tensors.hpp"

namespace sctab::train {
namespace {

using nlohmann::json;

constexpr std::int64_t kGenes = 12, kTypes = 3;

/// A network with its optimiser.
struct Trained {
  explicit Trained(std::uint64_t seed)
      : network(nn::make_network(architecture(), seed)), optimizer(*network, 0.05, 1) {}

  static model::Architecture architecture() {
    model::Architecture architecture;
    architecture.kind = model::ModelKind::kMlp;
    architecture.n_genes = kGenes;
    architecture.n_types = kTypes;
    architecture.mlp = {.n_hidden = 2, .hidden_size = 8, .dropout = 0.5};
    return architecture;
  }
  /// Steps on made-up cells; dropout makes each depend on the random state. Returns the last loss.
  double step(int n) {
    const sparse::CsrMatrix cells = nn::tests::random_cells(4, kGenes, 1);
    double loss = 0;
    for (int i = 0; i < n; ++i) {
      network->zero_gradients();
      const at::Tensor value = network->forward(cells.view()).logits.square().mean();
      value.backward();
      optimizer.step(0.01);
      loss = value.item<double>();
    }
    return loss;
  }

  std::unique_ptr<nn::Network> network;
  Optimizer optimizer;
};

Progression some_progression(const nn::Network& network) {
  return {.epoch = 4,
          .batches = 17,
          .loss_sum = 0.1 + 0.2,
          .grad_norm_sum = 1.0 / 3,
          .seconds = 5.5,
          .early_stopping = {2, 0.7, 4},
          .best_weights = network.state().copy()};
}

const json kIdentity = {{"plan", {{"batch_size", 256}, {"seed", 1}}}, {"store", "abc"}};

TEST(Checkpoint, ARunGoesOnBitForBit) {
  const tests::TemporaryFolder folder;
  for (const int before : {0, 5}) {
    Trained whole(1);
    whole.step(before);
    write_checkpoint(folder / "last", kIdentity, some_progression(*whole.network), *whole.network, whole.optimizer);
    Trained resumed(2);  // other weights and another random stream
    const Progression at = read_checkpoint(folder / "last", kIdentity, *resumed.network, resumed.optimizer);
    EXPECT_EQ(at.epoch, 4);
    EXPECT_EQ(at.batches, 17);
    EXPECT_EQ(at.loss_sum, 0.1 + 0.2);
    EXPECT_EQ(at.grad_norm_sum, 1.0 / 3);
    EXPECT_EQ(at.seconds, 5.5);
    EXPECT_EQ(at.early_stopping.best_epoch, 2);
    EXPECT_EQ(at.early_stopping.best_score, 0.7);
    EXPECT_EQ(at.early_stopping.epochs, 4);
    EXPECT_EQ(at.best_weights.size(), whole.network->state().copy().size());
    EXPECT_EQ(resumed.optimizer.steps(), before);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(whole.step(1), resumed.step(1)) << before << " + " << i;
  }
}

TEST(Checkpoint, KeepsAScoreThatIsNotThere) {
  const tests::TemporaryFolder folder;
  Trained trained(1);
  Progression progression = some_progression(*trained.network);
  progression.early_stopping.best_score = std::numeric_limits<double>::quiet_NaN();
  write_checkpoint(folder / "last", kIdentity, progression, *trained.network, trained.optimizer);
  const Progression read = read_checkpoint(folder / "last", kIdentity, *trained.network, trained.optimizer);
  EXPECT_TRUE(std::isnan(read.early_stopping.best_score));
}

TEST(Checkpoint, RefusesAnotherRunAndSaysWhatDiffers) {
  const tests::TemporaryFolder folder;
  Trained trained(1);
  write_checkpoint(folder / "last", kIdentity, some_progression(*trained.network), *trained.network, trained.optimizer);
  const auto refused = [&](const json& identity, const char* what) {
    SCTAB_EXPECT_THROW_WITH(read_checkpoint(folder / "last", identity, *trained.network, trained.optimizer),
                            core::InputError, "last", what);
  };
  json other = kIdentity;
  other["plan"]["batch_size"] = 512;
  refused(other, "plan.batch_size was 256 and is now 512");
  other = kIdentity;
  other["store"] = "def";
  refused(other, "store was \"abc\" and is now \"def\"");
}

TEST(Checkpoint, RefusesAnEarlierVersionAndSaysWhatToDo) {
  const tests::TemporaryFolder folder;
  Trained trained(1);
  write_checkpoint(folder / "last", kIdentity, some_progression(*trained.network), *trained.network, trained.optimizer);
  nn::TensorFile file = nn::read_tensors(folder / "last");
  json state = json::parse(file.metadata.at("state"));
  state["version"] = 1;  // the loader's windows had another size then, and an epoch another order
  nn::write_tensors(folder / "last", file.tensors, {{"state", state.dump()}});
  SCTAB_EXPECT_THROW_WITH(read_checkpoint(folder / "last", kIdentity, *trained.network, trained.optimizer),
                          core::InputError, "last", "version 1", "resume with the sctab that began the run",
                          "remove the run's folder");
}

TEST(Checkpoint, RefusesWeightsAndStateThatWereChanged) {
  const tests::TemporaryFolder folder;
  Trained trained(1);
  const std::filesystem::path path = folder / "last";
  write_checkpoint(path, kIdentity, some_progression(*trained.network), *trained.network, trained.optimizer);
  const std::string whole = tests::read_bytes(path);
  const std::size_t state = whole.find("batches");
  ASSERT_NE(state, std::string::npos);
  const std::size_t position = whole.find("17", state);
  for (const std::size_t at : {position, whole.size() / 2, whole.size() - 1}) {
    std::string changed = whole;
    changed[at] = changed[at] == '2' ? '3' : '2';
    tests::write_bytes(path, changed);
    SCTAB_EXPECT_THROW_WITH(read_checkpoint(path, kIdentity, *trained.network, trained.optimizer), core::InputError,
                            path.c_str(), "SHA-256", "remove the folder");
  }
}

TEST(Checkpoint, RefusesWhatIsNone) {
  const tests::TemporaryFolder folder;
  Trained trained(1);
  const auto read = [&](const char* file) {
    read_checkpoint(folder / file, kIdentity, *trained.network, trained.optimizer);
  };
  SCTAB_EXPECT_THROW_WITH(read("missing"), core::InputError, "missing");
  std::ofstream(folder / "text") << "not a checkpoint at all";
  SCTAB_EXPECT_THROW_WITH(read("text"), core::InputError, "text");
  write_checkpoint(folder / "cut", kIdentity, some_progression(*trained.network), *trained.network, trained.optimizer);
  std::filesystem::resize_file(folder / "cut", std::filesystem::file_size(folder / "cut") - 1);
  SCTAB_EXPECT_THROW_WITH(read("cut"), core::InputError, "cut");
}

TEST(Checkpoint, OfADamagedOneOnlyItsOwnFolderIsToBeRemoved) {
  const tests::TemporaryFolder folder;
  const std::filesystem::path path = folder / "model.run" / "member-2" / "last.safetensors";
  const std::string advice = "remove the folder " + path.parent_path().string() + " to";
  std::filesystem::create_directories(path.parent_path());
  Trained trained(1);
  write_checkpoint(path, kIdentity, some_progression(*trained.network), *trained.network, trained.optimizer);
  const nn::TensorFile file = nn::read_tensors(path);
  const json whole = json::parse(file.metadata.at("state"));
  const auto refused = [&](const char* what) {
    SCTAB_EXPECT_THROW_WITH(read_checkpoint(path, kIdentity, *trained.network, trained.optimizer), core::InputError,
                            path.c_str(), what, advice.c_str());
  };
  for (const char* key : {"identity", "progression"}) {
    json state = whole;
    state.erase(key);
    nn::write_tensors(path, file.tensors, {{"state", state.dump()}});
    refused("does not say which run");
  }
  json state = whole;
  state["progression"]["epoch"] = "four";
  nn::write_tensors(path, file.tensors, {{"state", state.dump()}});
  refused("progression.epoch");
  nn::write_tensors(path, file.tensors, {{"state", "[]"}});
  refused("not a checkpoint of a training run");
  std::filesystem::resize_file(path, 20);
  refused("damaged");
}

}  // namespace
}  // namespace sctab::train
