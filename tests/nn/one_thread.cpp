#include <gtest/gtest.h>

#include "sctab/nn/torch_runtime.hpp"

namespace sctab::nn::tests {
namespace {

/// Tensors of these tests are tiny: more threads only wait for each other.
class OneThread : public testing::Environment {
  void SetUp() override { set_torch_threads(1); }
};

[[maybe_unused]] const auto* const kOneThread = testing::AddGlobalTestEnvironment(new OneThread);

}  // namespace
}  // namespace sctab::nn::tests
