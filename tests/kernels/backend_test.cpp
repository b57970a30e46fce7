#include "sctab/kernels/backend.hpp"

#include <gtest/gtest.h>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::kernels {
namespace {

TEST(Backends, OfTheProcessorAreComplete) {
  const Backend& cpu = backend(parse_device("cpu"));
  EXPECT_EQ(cpu.csr_projection, &csr_projection);
  EXPECT_EQ(cpu.sum_of_squares, &sum_of_squares);  // the last one, so that none was left out
}

TEST(Backends, OfAMissingDeviceAreRefused) {
  SCTAB_EXPECT_THROW_WITH(backend(parse_device("cuda")), core::InputError, "cuda", "this build", "use cpu");
  SCTAB_EXPECT_THROW_WITH(parse_device("gpu"), core::InputError, "'gpu'", "cpu or cuda");
}

}  // namespace
}  // namespace sctab::kernels
