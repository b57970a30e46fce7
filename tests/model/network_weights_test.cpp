#include "sctab/model/network_weights.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "sctab/core/error.hpp"
#include "sctab/model/inference_layers.hpp"
#include "support/fixtures.hpp"
#include "support/small_networks.hpp"

namespace sctab::model::tests {
namespace {

using core::InputError;
using formats::NumberType;
using sctab::tests::TemporaryFolder;

const std::string kShared = "encoder.initial_splitter.shared.shared_layers.1.weight";
const std::string kSharedByLayer = "encoder.feat_transformers.0.shared.glu_layers.1.fc.weight";

/// The file of a small TabNet, to be changed array by array and written.
class WeightsFile {
 public:
  WeightsFile() {
    for (const NetworkTensor& tensor : network_tensors(architecture_)) {
      if (!tensor.tied_to.empty()) continue;
      const bool is_counter = tensor.role == NetworkTensor::Role::kCounter;
      add(tensor.name, is_counter ? NumberType::kI64 : NumberType::kF32, tensor.shape);
    }
  }

  /// Numbers that differ from array to array; counters are 0.
  void add(const std::string& name, NumberType type, std::vector<std::int64_t> shape) {
    const auto n =
        static_cast<std::size_t>(std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()));
    safetensors::Array array{name, type, std::move(shape), std::vector<std::byte>(n * formats::width(type))};
    if (type == NumberType::kF32) set(array, [i = 0.5F * static_cast<float>(arrays_.size())]() mutable { return ++i; });
    arrays_.push_back(std::move(array));
  }

  template <typename Values>
  static void set(safetensors::Array& array, Values next) {
    for (std::size_t at = 0; at < array.bytes.size(); at += sizeof(float)) {
      const float value = next();
      std::memcpy(&array.bytes[at], &value, sizeof(float));
    }
  }

  safetensors::Array& operator[](const std::string& name) {
    return *std::ranges::find(arrays_, name, &safetensors::Array::name);
  }
  void remove(const std::string& name) {
    std::erase_if(arrays_, [&](const safetensors::Array& array) { return array.name == name; });
  }

  NetworkWeights open() const {
    std::vector<safetensors::ArrayView> views;
    for (const safetensors::Array& array : arrays_) {
      views.push_back({array.name, array.type, array.shape, array.bytes});
    }
    safetensors::write(folder_ / "w.safetensors", std::move(views));
    return {folder_ / "w.safetensors", architecture_};
  }

 private:
  TemporaryFolder folder_;
  Architecture architecture_ = small_architecture(ModelKind::kTabnet);
  std::vector<safetensors::Array> arrays_;
};

TEST(NetworkWeights, AreReadByAnyOfTheirNamesAndTransposed) {
  const WeightsFile file;
  NetworkWeights weights = file.open();
  const std::vector<float> found = weights.floats(kSharedByLayer);
  EXPECT_EQ(found, weights.floats(kShared));
  EXPECT_EQ(weights.first_name(kSharedByLayer), kShared);
  EXPECT_EQ(weights.shape(kShared), (std::vector<std::int64_t>{14, 7}));
  const std::vector<float> turned = weights.transposed(kShared);
  for (std::size_t row = 0; row < 14; ++row) {
    for (std::size_t column = 0; column < 7; ++column) {
      EXPECT_EQ(turned[column * 14 + row], found[row * 7 + column]) << row << ", " << column;
    }
  }
}

TEST(NetworkWeights, TakeASharedWeightUnderAnotherOfItsNames) {
  WeightsFile file;
  const std::vector<float> want = file.open().floats(kShared);
  file[kShared].name = kSharedByLayer;
  EXPECT_EQ(file.open().floats(kShared), want);
}

TEST(NetworkWeights, ASharedWeightMustBeTheSameUnderAllItsNames) {
  WeightsFile file;
  file.add(kSharedByLayer, NumberType::kF32, file[kShared].shape);
  file[kSharedByLayer].bytes = file[kShared].bytes;
  EXPECT_NO_THROW(file.open());
  WeightsFile::set(file[kSharedByLayer], [] { return 1.0F; });
  SCTAB_EXPECT_THROW_WITH(file.open(), InputError, "w.safetensors", kSharedByLayer, "differs", kShared);
}

TEST(NetworkWeights, OtherFloatingTypesAreConverted) {
  WeightsFile file;
  file["final_mapping.weight"].type = NumberType::kF64;
  const std::vector<double> doubles(20, 0.1);
  const auto bytes = std::as_bytes(std::span(doubles));
  file["final_mapping.weight"].bytes.assign(bytes.begin(), bytes.end());
  EXPECT_EQ(file.open().floats("final_mapping.weight"), std::vector<float>(20, 0.1F));
}

TEST(NetworkWeights, WhatIsMissingUnknownOrOfAnotherShapeIsNamed) {
  WeightsFile missing;
  missing.remove("final_mapping.weight");
  SCTAB_EXPECT_THROW_WITH(missing.open(), InputError, "w.safetensors", "final_mapping.weight", "missing", "[5, 4]");
  WeightsFile shared;
  shared.remove(kShared);
  SCTAB_EXPECT_THROW_WITH(shared.open(), InputError, kShared, "missing");
  WeightsFile unknown;
  unknown.add("encoder.extra", NumberType::kF32, {3});
  SCTAB_EXPECT_THROW_WITH(unknown.open(), InputError, "encoder.extra", "unknown");
  WeightsFile shape;
  shape["final_mapping.weight"].shape = {4, 5};
  SCTAB_EXPECT_THROW_WITH(shape.open(), InputError, "final_mapping.weight", "[4, 5]", "[5, 4]");
  WeightsFile type;
  type["final_mapping.weight"].type = NumberType::kI32;
  SCTAB_EXPECT_THROW_WITH(type.open(), InputError, "final_mapping.weight", "I32", "F32");
}

TEST(NetworkWeights, NumbersThatAreNotFiniteAreNamed) {
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    WeightsFile file;
    WeightsFile::set(file["final_mapping.weight"], [value, n = 0]() mutable { return ++n == 20 ? value : 1.0F; });
    NetworkWeights weights = file.open();
    SCTAB_EXPECT_THROW_WITH(weights.floats("final_mapping.weight"), InputError, "final_mapping.weight", "NaN");
  }
}

TEST(NetworkWeights, ANegativeVarianceIsRefused) {
  WeightsFile file;
  WeightsFile::set(file["encoder.initial_bn.running_var"], [n = 0]() mutable { return ++n == 12 ? -1.0F : 1.0F; });
  NetworkWeights weights = file.open();
  SCTAB_EXPECT_THROW_WITH(RunningNorm(weights, "encoder.initial_bn"), InputError, "w.safetensors",
                          "encoder.initial_bn.running_var", "negative");
}

}  // namespace
}  // namespace sctab::model::tests
