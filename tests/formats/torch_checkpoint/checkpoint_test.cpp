#include "sctab/formats/torch_checkpoint/checkpoint.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "sctab/core/error.hpp"
#include "support/checkpoint_writer.hpp"
#include "support/fixtures.hpp"

namespace sctab::torch_checkpoint::tests {
namespace {

using core::InputError;
using sctab::tests::CheckpointText;
using sctab::tests::read_bytes;
using sctab::tests::StoredTensor;
using sctab::tests::write_bytes;

/// A linear network's (5 × 12) weight, with the values 0, 1, 2, ..., and its bias.
CheckpointText small_checkpoint() {
  std::vector<float> weight(60);
  std::iota(weight.begin(), weight.end(), 0.0F);
  CheckpointText text;
  text.add("class_weights", {2}, {1, 2});
  text.add("classifier.weight", {5, 12}, weight);
  text.add("classifier.bias", {5}, {-1, -2, -3, -4, -5});
  return text;
}

std::vector<float> numbers_of(const CheckpointTensor& tensor) {
  std::vector<float> numbers(tensor.storage->size() / sizeof(float));
  std::memcpy(numbers.data(), tensor.storage->data(), tensor.storage->size());
  return numbers;
}

class Checkpoints : public testing::Test {
 protected:
  [[nodiscard]] Checkpoint written(const CheckpointText& text) const {
    text.write(path_);
    return Checkpoint(path_);
  }

  sctab::tests::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "x.ckpt";
};

TEST_F(Checkpoints, GiveNamesShapesAndNumbersOfTensors) {
  const Checkpoint checkpoint = written(small_checkpoint());
  EXPECT_EQ(checkpoint.tensor_names(),
            (std::vector<std::string>{"class_weights", "classifier.weight", "classifier.bias"}));
  EXPECT_EQ(checkpoint.shape("classifier.weight"), (std::vector<std::int64_t>{5, 12}));
  EXPECT_EQ(checkpoint.shape("none"), std::nullopt);
  const auto tensors = checkpoint.read("classifier.");
  ASSERT_EQ(tensors.size(), 2U);
  EXPECT_EQ(tensors[0].name, "weight");
  EXPECT_EQ(tensors[0].type, formats::NumberType::kF32);
  EXPECT_EQ(tensors[0].shape, (std::vector<std::int64_t>{5, 12}));
  EXPECT_EQ(tensors[0].strides, (std::vector<std::int64_t>{12, 1}));
  EXPECT_EQ(numbers_of(tensors[0]).at(59), 59);
  EXPECT_EQ(numbers_of(tensors[1]), (std::vector<float>{-1, -2, -3, -4, -5}));
}

TEST_F(Checkpoints, ReadTransposedAndShiftedTensors) {
  CheckpointText text = small_checkpoint();
  StoredTensor& weight = text.tensors.at(1);
  std::vector<float> moved(3 + 60);
  for (std::size_t row = 0; row < 5; ++row) {
    for (std::size_t column = 0; column < 12; ++column) {
      moved[3 + column * 5 + row] = static_cast<float>(row * 12 + column);
    }
  }
  text.storages["moved"] = std::string(reinterpret_cast<const char*>(moved.data()), moved.size() * sizeof(float));
  weight.storage = "moved";
  weight.offset = 3;
  weight.strides = {1, 5};
  const auto tensors = written(text).read("classifier.weight");
  ASSERT_EQ(tensors.size(), 1U);
  std::vector<double> want(60);
  std::iota(want.begin(), want.end(), 0.0);
  EXPECT_EQ(numbers(tensors[0]), want);
}

TEST_F(Checkpoints, ShareOneStorage) {
  CheckpointText text = small_checkpoint();
  text.tensors.push_back(text.tensors.at(1));
  text.tensors.back().name = "classifier.tied";
  const auto tensors = written(text).read("classifier.");
  ASSERT_EQ(tensors.size(), 3U);
  EXPECT_EQ(tensors[0].storage, tensors[2].storage);
}

TEST_F(Checkpoints, OfOtherFormsAreRefused) {
  const auto refused = [&](const std::vector<sctab::tests::ZipEntry>& entries, const char* what) {
    write_bytes(path_, sctab::tests::zip_bytes(entries));
    SCTAB_EXPECT_THROW_WITH(static_cast<void>(Checkpoint(path_)), InputError, "x.ckpt", what);
  };
  refused({{"a/other", "x"}}, "no data.pkl");
  refused({{"a/data.pkl", "N."}, {"b/data.pkl", "N."}}, "several data.pkl");
  refused({{"a/data.pkl", "\x80\x02N."}}, "has no state_dict");
  refused({{"a/data.pkl", "\x80\x02}."}}, "has no state_dict");
  refused({{"a/data.pkl", ""}}, "data.pkl");
  refused({{"a/data.pkl", std::string(5 << 20, 'N')}}, "4194304 at most");
  refused({{"a/data.pkl", "\x80\x02}."}, {"a/byteorder", "big"}}, "byte order \"big\"");
}

TEST_F(Checkpoints, EveryByteOfASmallOneMayChange) {
  const auto want = written(small_checkpoint()).read("classifier.");
  const std::string whole = read_bytes(path_);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0xFF);
    write_bytes(path_, changed);
    try {
      // What passes must be what was written: a change elsewhere, or none that matters.
      const auto found = Checkpoint(path_).read("classifier.");
      ASSERT_EQ(found.size(), want.size()) << at;
      for (std::size_t i = 0; i < want.size(); ++i) {
        EXPECT_EQ(found[i].shape, want[i].shape) << at;
        EXPECT_EQ(found[i].strides, want[i].strides) << at;
        EXPECT_EQ(found[i].offset, want[i].offset) << at;
        EXPECT_EQ(*found[i].storage, *want[i].storage) << at;
      }
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("x.ckpt"), std::string::npos) << at << ": " << error.what();
    }
  }
}

}  // namespace
}  // namespace sctab::torch_checkpoint::tests
