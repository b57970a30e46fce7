#include "sctab/nn/network_state.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/fixtures.hpp"

namespace sctab::nn::tests {
namespace {

using sctab::tests::TemporaryFolder;

std::vector<NamedTensor> one_of_each_type() {
  return {{"bytes", at::arange(5, at::kByte)},
          {"scalar", at::full({}, 7, at::kLong)},
          {"weights", at::arange(6, at::kFloat).view({2, 3}) / 7},
          {"empty", at::zeros({0, 4})},
          {"doubles", at::arange(3, at::kDouble) / 3},
          {"flags", at::arange(2).to(at::kBool)},
          {"half", at::ones({3}, at::kHalf)},
          {"brain", at::ones({3}, at::kBFloat16)},
          {"shorts", at::arange(3, at::kShort)},
          {"ints", at::arange(3, at::kInt)},
          {"chars", at::arange(3, at::kChar)},
          {"a \"name\" – with ünicode", at::ones({1})}};
}

TEST(TensorFile, RoundTripKeepsEveryType) {
  const TemporaryFolder folder;
  const auto tensors = one_of_each_type();
  write_tensors(folder / "t.safetensors", tensors, {{"format", "pt"}});
  const TensorFile found = read_tensors(folder / "t.safetensors");
  EXPECT_EQ(found.metadata, (safetensors::Metadata{{"format", "pt"}}));
  ASSERT_EQ(found.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    const auto entry = std::ranges::find(found.tensors, name, &NamedTensor::name);
    ASSERT_NE(entry, found.tensors.end()) << name;
    EXPECT_EQ(entry->tensor.scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(entry->tensor, tensor)) << name;
  }
}

TEST(TensorFile, TransposedTensorsAreWrittenAsTheyLook) {
  const TemporaryFolder folder;
  const at::Tensor tensor = at::arange(6, at::kFloat).view({2, 3}).t();
  write_tensors(folder / "t.safetensors", {{"t", tensor}});
  EXPECT_TRUE(at::equal(read_tensors(folder / "t.safetensors").tensors.at(0).tensor, tensor));
}

}  // namespace
}  // namespace sctab::nn::tests
