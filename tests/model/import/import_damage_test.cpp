// Checkpoints that are damaged or were made to be bad.
#include <gtest/gtest.h>
#include <libdeflate.h>

#include <cstring>
#include <limits>
#include <stdexcept>

#include "model/published_files.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/torch_checkpoint/checkpoint.hpp"
#include "support/small_networks.hpp"

namespace sctab::model::tests {
namespace {

using core::InputError;
using sctab::tests::PickleText;
using sctab::tests::StoredTensor;
using sctab::tests::write_bytes;

CheckpointText small_checkpoint(ModelKind kind) {
  return checkpoint_of(small_architecture(kind));
}

StoredTensor& find(CheckpointText& text, const std::string& name) {
  for (StoredTensor& tensor : text.tensors) {
    if (tensor.name == name) return tensor;
  }
  throw std::out_of_range(name);
}

void expect_refused(ModelKind kind, const CheckpointText& text, const std::string& what) {
  const PublishedFiles files(small_architecture(kind), text);
  SCTAB_EXPECT_THROW_WITH(import_checkpoint(files.options), InputError, "epoch=41.ckpt", what.c_str());
  EXPECT_FALSE(std::filesystem::exists(files.options.output));
}

TEST(DamagedCheckpoint, TiedWeightsMustBeEqual) {
  CheckpointText text = small_checkpoint(ModelKind::kTabnet);
  StoredTensor& tied = find(text, "classifier.encoder.feat_transformers.1.shared.shared_layers.0.weight");
  std::string copy = text.storages[tied.storage];
  text.storages["own"] = copy;
  tied.storage = "own";
  EXPECT_NO_THROW({
    const PublishedFiles files(small_architecture(ModelKind::kTabnet), text);
    import_checkpoint(files.options);
  }) << "a copy of its own is as good";
  const float other = 0.5F;
  std::memcpy(copy.data() + 8, &other, sizeof(other));
  text.storages["own"] = copy;
  expect_refused(ModelKind::kTabnet, text, "they are one tied weight");
}

TEST(DamagedCheckpoint, WhatIsNotNeededIsNotRead) {
  CheckpointText text = small_checkpoint(ModelKind::kLinear);
  // The bytes are not where the list of entries says, so reading them would fail.
  find(text, "augmentations").storage = "nowhere";
  find(text, "class_weights").type = "NoSuchStorage";
  find(text, "val_metrics.f1_micro.tp").storage_length = 1'000'000'000;
  const PublishedFiles files(small_architecture(ModelKind::kLinear), text);
  EXPECT_NO_THROW(import_checkpoint(files.options));
}

TEST(DamagedCheckpoint, UnknownTensorsAreRefused) {
  CheckpointText text = small_checkpoint(ModelKind::kLinear);
  text.add("feature_means", {12}, std::vector<float>(12, 1));
  expect_refused(ModelKind::kLinear, text, "tensor feature_means: is not in scTab's published networks");
  text.tensors.back().name = "classifier.extra";
  expect_refused(ModelKind::kLinear, text, "tensor extra: is unknown");
  text.tensors.back().name = "classifier.bias";
  expect_refused(ModelKind::kLinear, text, "tensor classifier.bias: has the shape [");
}

TEST(DamagedCheckpoint, TensorsThatTheirStorageDoesNotHoldAreRefused) {
  const CheckpointText good = small_checkpoint(ModelKind::kLinear);
  const auto refused = [&](const std::string& what, const auto& change) {
    CheckpointText text = good;
    change(find(text, "classifier.weight"));
    expect_refused(ModelKind::kLinear, text, what);
  };
  const std::int64_t huge = INT64_MAX;
  refused("does not hold", [](StoredTensor& weight) { weight.offset = 1; });
  refused("does not hold", [](StoredTensor& weight) { weight.offset = -1; });
  refused("does not hold", [](StoredTensor& weight) { weight.strides = {13, 1}; });
  refused("does not hold", [](StoredTensor& weight) { weight.shape = {5, 13}; });
  refused("does not hold", [&](StoredTensor& weight) { weight.shape = {huge, huge}; });
  refused("does not hold", [&](StoredTensor& weight) { weight.strides = {huge, huge}; });
  refused("does not hold", [&](StoredTensor& weight) { weight.shape = {huge}, weight.strides = {0}; });
  refused("does not hold", [](StoredTensor& weight) { weight.shape = {0, 12}; });
  refused("has no shape", [](StoredTensor& weight) { weight.shape = {-5, 12}; });
  refused("has no shape", [](StoredTensor& weight) { weight.strides = {1}; });
  refused("instead of 61 numbers", [](StoredTensor& weight) { weight.storage_length = 61; });
  refused("has no entry run/data/gone", [](StoredTensor& weight) {
    weight.storage = "gone";
    weight.storage_length = 60;
  });
  refused("has no entry run/data/../data.pkl", [](StoredTensor& weight) {
    weight.storage = "../data.pkl";
    weight.storage_length = 60;
  });
  refused("\"torch QuantizedStorage\"", [](StoredTensor& weight) { weight.type = "QuantizedStorage"; });
  refused("tensor weight: I32; expected F32", [](StoredTensor& weight) { weight.type = "IntStorage"; });
}

TEST(DamagedCheckpoint, NamesAndShapesAreCheckedBeforeNumbersAreRead) {
  const CheckpointText good = small_checkpoint(ModelKind::kLinear);
  CheckpointText text = good;
  text.tensors.push_back({"classifier.extra", {5}, "gone", "FloatStorage", {}, 0, 5});
  expect_refused(ModelKind::kLinear, text, "tensor extra: is unknown");
  text = good;
  find(text, "classifier.bias") = {"classifier.bias", {4}, "gone", "FloatStorage", {}, 0, 5};
  expect_refused(ModelKind::kLinear, text, "tensor classifier.bias: has the shape [4]; expected [5]");
}

std::string zip_header(const std::string& name) {
  const std::size_t n_extra = (4 - (30 + name.size()) % 4) % 4;  // so that it is a whole number of floats
  return "PK\x03\x04" + std::string(22, '\0') + PickleText().number(name.size(), 2).number(n_extra, 2).bytes() + name +
         std::string(n_extra, '\0');
}

std::string zip_list_entry(const std::string& name, std::string_view bytes, std::size_t position) {
  const std::uint32_t crc = libdeflate_crc32(0, bytes.data(), bytes.size());
  return "PK\x01\x02" + std::string(12, '\0') +
         PickleText().number(crc, 4).number(bytes.size(), 4).number(bytes.size(), 4).number(name.size(), 2).bytes() +
         std::string(12, '\0') + PickleText().number(position, 4).bytes() + name;
}

/// The checkpoint with storages of the tensors that lie over one another in the zip: each goes on through the headers
/// of those before it, and n_bytes of zeros, to one end.
std::string with_overlapping_storages(CheckpointText text, const std::vector<std::string>& tensors,
                                      std::size_t n_bytes) {
  std::string end(n_bytes, '\0');
  std::vector<std::pair<std::string, std::size_t>> entries;  // name, size
  for (const std::string& name : tensors) {
    StoredTensor& tensor = find(text, name);
    tensor.storage = "over" + std::to_string(entries.size());
    tensor.storage_length = static_cast<std::int64_t>(end.size() / sizeof(float));
    entries.emplace_back("run/data/" + tensor.storage, end.size());
    end = zip_header(entries.back().first) + end;
  }
  const std::string pickle = text.pickle();
  const std::string file = zip_header("run/data.pkl") + pickle + end;
  std::string list = zip_list_entry("run/data.pkl", pickle, 0);
  for (const auto& [name, size] : entries) {
    list += zip_list_entry(name, std::string_view(file).substr(file.size() - size),
                           file.size() - size - zip_header(name).size());
  }
  return file + list + "PK\x05\x06" + std::string(4, '\0') +
         PickleText().number(entries.size() + 1, 2).number(entries.size() + 1, 2).bytes() +
         PickleText().number(list.size(), 4).number(file.size(), 4).number(0, 2).bytes();
}

TEST(DamagedCheckpoint, StoragesThatLieOverOneAnotherFillNoMemory) {
  const CheckpointText good = small_checkpoint(ModelKind::kLinear);
  const PublishedFiles files(small_architecture(ModelKind::kLinear), good);
  write_bytes(files.options.checkpoint, with_overlapping_storages(good, {"classifier.bias"}, 400'000));
  EXPECT_EQ(torch_checkpoint::Checkpoint(files.options.checkpoint).read("classifier.bias").size(), 1U)
      << "one is within the file";
  write_bytes(files.options.checkpoint,
              with_overlapping_storages(good, {"classifier.bias", "classifier.weight"}, 400'000));
  SCTAB_EXPECT_THROW_WITH(import_checkpoint(files.options), InputError, "epoch=41.ckpt",
                          "has entries that lie over one another");
}

TEST(DamagedCheckpoint, NumbersThatAreNoneAreRefused) {
  CheckpointText text = small_checkpoint(ModelKind::kLinear);
  std::string& bytes = text.storages[find(text, "classifier.bias").storage];
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(bytes.data(), &nan, sizeof(nan));
  expect_refused(ModelKind::kLinear, text, "NaN");
}

}  // namespace
}  // namespace sctab::model::tests
