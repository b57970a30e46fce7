#include "sctab/formats/arrays/piece_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

#include "sctab/core/thread_pool.hpp"

namespace sctab::arrays {
namespace {

constexpr std::int64_t kPieces = 8;

/// A piece of n bytes, all of them its number; counts how often it is made.
auto maker(std::int64_t number, std::size_t n, std::atomic<int>& made) {
  return [number, n, &made](PieceCache::Bytes& bytes) {
    ++made;
    bytes.assign(n, static_cast<std::byte>(number));
  };
}

TEST(PieceCache, MakesEachPieceOnceForAllThreads) {
  PieceCache cache;
  std::atomic<int> made{0};
  core::ThreadPool pool(4);
  pool.parallel_for(400, [&](std::int64_t i) {
    const std::int64_t number = i % kPieces;
    const auto piece = cache.get(number, maker(number, 1'000, made));
    EXPECT_EQ(*piece, PieceCache::Bytes(1'000, static_cast<std::byte>(number)));
  });
  EXPECT_EQ(made, kPieces);
}

TEST(PieceCache, KeepsWhatWasAskedForLastWithinItsBound) {
  PieceCache cache;
  std::atomic<int> made{0};
  constexpr std::size_t kLarge = 12 << 20;  // two of them fit
  for (const std::int64_t number : {0, 1, 0, 1, 2, 1, 2}) (void)cache.get(number, maker(number, kLarge, made));
  EXPECT_EQ(made, 3);
  (void)cache.get(0, maker(0, kLarge, made));
  EXPECT_EQ(made, 4);
}

TEST(PieceCache, APieceInUseOutlivesItsPlace) {
  PieceCache cache;
  std::atomic<int> made{0};
  const auto kept = cache.get(0, maker(0, 1'000, made));
  for (std::int64_t number = 1; number < 100; ++number) (void)cache.get(number, maker(number, 1'000, made));
  EXPECT_EQ(*kept, PieceCache::Bytes(1'000));
}

TEST(PieceCache, WhatTheMakerThrowsReachesEveryone) {
  PieceCache cache;
  std::atomic<int> caught{0};
  core::ThreadPool pool(4);
  pool.parallel_for(40, [&](std::int64_t) {
    try {
      (void)cache.get(0, [](PieceCache::Bytes&) { throw std::runtime_error("damaged"); });
    } catch (const std::runtime_error&) {
      ++caught;
    }
  });
  EXPECT_EQ(caught, 40);
}

}  // namespace
}  // namespace sctab::arrays
