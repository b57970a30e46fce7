#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "golden/deviation.hpp"
#include "golden/golden_file.hpp"
#include "sctab/formats/torch_checkpoint/checkpoint.hpp"
#include "sctab/formats/torch_checkpoint/hparams.hpp"
#include "sctab/formats/zip/archive.hpp"
#include "sctab/model/classifier.hpp"
#include "sctab/model/import_checkpoint.hpp"
#include "sctab/nn/network.hpp"
#include "sctab/nn/network_state.hpp"
#include "support/dense_network.hpp"
#include "support/fixtures.hpp"
#include "support/gene_id.hpp"

namespace sctab::golden {
namespace {

namespace fs = std::filesystem;

constexpr double kCheckpointTolerance = 1e-5;

/// $SCTAB_GOLDEN_CHECKPOINT, or the checkpoint folder next to golden.h5 of the shared folder.
fs::path checkpoint_folder() {
  const char* given = std::getenv("SCTAB_GOLDEN_CHECKPOINT");
  return given != nullptr ? fs::path(given) : tests::shared_folder() / "golden" / "checkpoint";
}

fs::path checkpoint_file() {
  for (const auto& entry : fs::directory_iterator(checkpoint_folder())) {
    if (entry.path().extension() == ".ckpt") return entry.path();
  }
  throw std::runtime_error("no .ckpt in " + checkpoint_folder().string());
}

class GoldenCheckpoint : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(checkpoint_folder())) {
      GTEST_SKIP() << "needs the golden checkpoint: no " << checkpoint_folder() << "; set SCTAB_GOLDEN_CHECKPOINT";
    }
    options_.checkpoint = checkpoint_file();
    options_.hparams = checkpoint_folder() / "hparams.yaml";
    options_.genes = folder_ / "var.csv";
    options_.labels = folder_ / "cell_type.csv";
    options_.output = folder_ / "model";
    const model::Architecture sizes = model::architecture_of(torch_checkpoint::Hparams(options_.hparams));
    std::ofstream genes(options_.genes), labels(options_.labels);
    for (std::int64_t i = 0; i < sizes.n_genes; ++i) genes << tests::gene_id(i + 1) << '\n';
    labels << "label,cell_type_ontology_term_id\n";
    for (std::int64_t i = 0; i < sizes.n_types; ++i) labels << fmt::format("type {},CL:{:07}\n", i, i + 1);
  }

  tests::TemporaryFolder folder_;
  model::ImportOptions options_;
};

TEST_F(GoldenCheckpoint, GivesThePublishedCodesNumbers) {
  const model::ImportResult result = model::import_checkpoint(options_);
  const GoldenGroup expected(checkpoint_folder() / "expected.h5");
  const sparse::CsrMatrix x = to_csr(expected.tensor("x"));
  const fs::path weights = options_.output / "model.safetensors";
  const auto network = nn::make_network(result.architecture, 1);
  tests::DenseNetwork dense_network(result.architecture, 1), exact(result.architecture, 1);
  for (nn::Network* each :
       {network.get(), static_cast<nn::Network*>(&dense_network), static_cast<nn::Network*>(&exact)}) {
    nn::load_weights(weights, each->state());
    each->eval();
  }
  exact.convert_to(at::kDouble);
  const at::NoGradGuard no_gradient;
  const at::Tensor exact_logits = exact.forward(x.view()).logits;
  const auto classifier = model::Classifier::load(options_.output);
  for (const bool dense : {false, true}) {
    const std::string path = dense ? "checkpoint densely" : "checkpoint by kernels";
    const at::Tensor logits = dense ? dense_network.forward(x.view()).logits : network->forward(x.view()).logits;
    const at::Tensor probabilities =
        dense ? logits.softmax(1) : at::tensor(classifier.predict(x.view()).probabilities).view(logits.sizes());
    const auto check = [&](const std::string& name, const at::Tensor& found, const at::Tensor& in_double) {
      const bool in_file = expected.has(name + "_f64");
      const at::Tensor published = expected.tensor(name);
      // To the kernels, which add up in another order, 1e-5 is in parts of the largest value.
      const double unit = dense ? 1 : std::max(published.abs().max().item<double>(), 1.0);
      Comparison comparison =
          compare(found, published, in_file ? expected.tensor(name + "_f64") : in_double, kCheckpointTolerance, unit);
      comparison.float64_in_file = in_file;
      report(path, name, comparison);
      // The published float32 numbers are 5.8e-5 from float64 here, so that closer ones cannot be close to them.
      if (!dense && !in_file) report(path, name + ", from exact ones", comparison.error, kCheckpointTolerance);
    };
    check("logits", logits, exact_logits);
    check("probabilities", probabilities, exact_logits.softmax(1));
  }
}

/// A step through the file: every byte takes minutes.
constexpr std::size_t kStep = 17;

TEST_F(GoldenCheckpoint, ChangedBytesAreRefusedOrChangeNothing) {
  const std::string whole = tests::read_bytes(options_.checkpoint);
  const auto want = torch_checkpoint::Checkpoint(options_.checkpoint).read("classifier.");
  const fs::path damaged = folder_ / "damaged.ckpt";
  tests::write_bytes(damaged, whole);
  const char* given = std::getenv("SCTAB_CHANGED_BYTE_STEP");
  const std::size_t step = given == nullptr ? kStep : std::stoul(given);
  std::size_t n_refused = 0;
  for (std::size_t at = 0; at < whole.size(); at += step) {
    std::fstream file(damaged, std::ios::binary | std::ios::in | std::ios::out);
    const auto put = [&](char byte) {
      file.seekp(static_cast<std::streamoff>(at));
      file.put(byte).flush();
    };
    put(static_cast<char>(whole[at] ^ 0xFF));
    try {
      const auto found = torch_checkpoint::Checkpoint(damaged).read("classifier.");
      ASSERT_EQ(found.size(), want.size()) << at;
      for (std::size_t i = 0; i < want.size(); ++i) {
        const bool is_same = found[i].type == want[i].type && found[i].shape == want[i].shape &&
                             found[i].strides == want[i].strides && found[i].offset == want[i].offset &&
                             *found[i].storage == *want[i].storage;
        if (!is_same) ADD_FAILURE() << want[i].name << " changed with byte " << at;
      }
    } catch (const core::InputError& error) {
      ++n_refused;
      EXPECT_NE(std::string(error.what()).find("damaged.ckpt"), std::string::npos) << at << ": " << error.what();
    }
    put(whole[at]);
  }
  fmt::print("golden checkpoint: {} bytes changed one by one, {} refused, no crash\n", (whole.size() + step - 1) / step,
             n_refused);
  EXPECT_GT(n_refused, 0U);
}

TEST_F(GoldenCheckpoint, ChangedBytesOfThePickleAreNoCrash) {
  const zip::Archive archive(options_.checkpoint);
  for (const auto& [name, entry] : archive.entries()) {
    if (!name.ends_with("/data.pkl")) continue;
    // Without the zip's checksum, as someone would who means harm.
    auto bytes = archive.read(name, 1 << 30);
    for (std::size_t at = 0; at < bytes.size(); at += kStep) {
      const std::byte before = bytes[at];
      for (const int flip : {0x01, 0x10, 0xFF}) {
        bytes[at] = before ^ std::byte{static_cast<unsigned char>(flip)};
        try {
          static_cast<void>(torch_checkpoint::Pickle(bytes, {.key = name}).root());
        } catch (const core::InputError&) {
        }
      }
      bytes[at] = before;
    }
  }
}

}  // namespace
}  // namespace sctab::golden
