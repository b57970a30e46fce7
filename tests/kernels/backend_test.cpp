#include "sctab/kernels/backend.hpp"

#include <gtest/gtest.h>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::kernels {
namespace {

TEST(Backends, RefuseAMissingDevice) {
  EXPECT_EQ(backend(Device::kCpu).product, &product);
  SCTAB_EXPECT_THROW_WITH(backend(Device::kCuda), core::InputError, "cuda", "this build", "use cpu");
}

}  // namespace
}  // namespace sctab::kernels
