#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <vector>

namespace sctab::arrays {

/// Decoded pieces of an array that more than one range asks for: each is made once, by the thread that asks first, and
/// others wait for it. Keeps the pieces asked for last, up to a bound.
class PieceCache {
 public:
  using Bytes = std::vector<std::byte>;

  /// Piece `number`; `make` fills it. What make throws reaches everyone who asks for the piece.
  std::shared_ptr<const Bytes> get(std::int64_t number, const std::function<void(Bytes&)>& make);

 private:
  struct Entry {
    std::int64_t number = 0;
    std::uint64_t asked = 0;  // when last, by count of questions
    std::shared_future<std::shared_ptr<const Bytes>> piece;
  };
  void forget_oldest();

  std::mutex mutex_;
  std::vector<Entry> entries_;
  std::uint64_t questions_ = 0;
  std::size_t piece_bytes_ = 0;  // of the largest so far
};

}  // namespace sctab::arrays
