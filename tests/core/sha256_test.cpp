#include "sctab/core/sha256.hpp"

#include <fstream>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::core {
namespace {

// FIPS 180-4's own examples.
TEST(Sha256, MeetsThePublishedExamples) {
  EXPECT_EQ(Sha256().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256().add("a").add("bc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, OfAFile) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder / "abc") << "abc";
  EXPECT_EQ(sha256_of_file(folder / "abc"), Sha256().add("abc").hex());
  SCTAB_EXPECT_THROW_WITH(sha256_of_file(folder / "none"), InputError, "none");
}

}  // namespace
}  // namespace sctab::core
