// Inputs that crashed, hung or fooled an earlier version, next to the checkout.
#include <gtest/gtest.h>

#include <cstdlib>

#include "formats/h5ad/structure_files.hpp"
#include "sctab/core/error.hpp"

namespace sctab::h5ad {
namespace {

using namespace tests;
using sctab::tests::TemporaryFolder;

void expect_refused(const std::filesystem::path& path, const std::string& reason) {
  SCOPED_TRACE(path.string());
  const std::string fate = fate_of(1, 10, [&](std::size_t) {
    SCTAB_EXPECT_THROW_WITH(read_everything(path), core::InputError, path.string(), reason);
  });
  EXPECT_EQ(fate, "");
}

TEST(Faults, AreRefusedWithTheirReason) {
  SCTAB_NEED_SHARED(faults, "faults");
  expect_refused(faults / "crash_heap_of_huge/in.h5ad", "is damaged: heap of values at byte 2048");
  expect_refused(faults / "hang_heap_of_zeros/in.h5ad", "free space is of an impossible size");
  expect_refused(faults / "crash_virtual_of_itself/in.h5ad", "is virtual");
  expect_refused(faults / "hang_external_fifo/in.h5ad", "X: is an external link to /X in fifo, which is not followed");
  expect_refused(faults / "writes_into_another_file/in.h5ad", "is an external link to");
  expect_refused(faults / "bomb_of_texts/in.h5ad", "of text, many times the");
  for (const char* array : {"data", "indices", "indptr"}) {
    expect_refused(faults / ("silent_lost_chunk_of_X_" + std::string(array)) / "in.h5ad",
                   "X/" + std::string(array) + ": ");
  }
  expect_refused(faults / "silent_lost_chunk_of_labels/in.h5ad", "lost");
}

TEST(Faults, FuzzedInputsEndWell) {
  SCTAB_NEED_SHARED(inputs, "faults/fuzz_inputs");
  const TemporaryFolder folder;
  for (const auto& input : std::filesystem::directory_iterator(inputs)) {
    SCOPED_TRACE(input.path().string());
    const std::filesystem::path path = folder / "in.h5ad";
    ASSERT_EQ(std::system(("gzip -dc " + input.path().string() + " > " + path.string()).c_str()), 0);
    const std::string fate = fate_of(1, 10, [&](std::size_t) {
      try {
        read_everything(path);
      } catch (const core::InputError&) {  // as it may be
      }
    });
    EXPECT_EQ(fate, "");
  }
}

}  // namespace
}  // namespace sctab::h5ad
