#include "sctab/formats/codecs/shuffle.hpp"

#include <gtest/gtest.h>

#include "formats/codecs/codec_bytes.hpp"

namespace sctab::codecs::tests {
namespace {

TEST(Shuffle, GroupsBytesOfTheSameWeight) {
  const auto in = from_hex("010203040506");
  Bytes out(6);
  shuffle_bytes(in, 2, out);
  EXPECT_EQ(out, from_hex("010305020406"));
}

TEST(Shuffle, PartsAndLowerBytesOfElements) {
  for (const std::size_t size : {2, 3, 4, 8}) {
    const std::size_t n = 1000, first = 123;
    const auto in = some_bytes(n * size, 256);
    Bytes shuffled(in.size());
    shuffle_bytes(in, size, shuffled);
    for (const std::size_t taken : {std::size_t{1}, std::size_t{2}, size}) {
      Bytes out((n - first) * taken);
      unshuffle_bytes(shuffled, n, taken, first, out);
      for (std::size_t i = 0; i < out.size(); ++i) {
        ASSERT_EQ(out[i], in[(first + i / taken) * size + i % taken])
            << taken << " bytes of " << size << ", byte " << i;
      }
    }
  }
}

}  // namespace
}  // namespace sctab::codecs::tests
