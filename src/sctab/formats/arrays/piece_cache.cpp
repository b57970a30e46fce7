#include "sctab/formats/arrays/piece_cache.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace sctab::arrays {
namespace {

// Ranges read at the same time share the pieces at their ends: one a thread. More than these are of no use.
constexpr std::size_t kMostBytesAtOnce = 32 << 20;
constexpr std::size_t kMostPieces = 32;

}  // namespace

std::shared_ptr<const PieceCache::Bytes> PieceCache::get(std::int64_t number, const std::function<void(Bytes&)>& make) {
  std::promise<std::shared_ptr<const Bytes>> promise;
  std::unique_lock lock(mutex_);
  const auto known = std::ranges::find(entries_, number, &Entry::number);
  if (known != entries_.end()) {
    known->asked = ++questions_;
    const auto piece = known->piece;
    lock.unlock();
    return piece.get();
  }
  const auto piece = promise.get_future().share();
  entries_.push_back({number, ++questions_, piece});
  forget_oldest();
  lock.unlock();
  try {
    auto made = std::make_shared<Bytes>();
    make(*made);
    const std::size_t size = made->size();
    promise.set_value(std::move(made));
    lock.lock();
    piece_bytes_ = std::max(piece_bytes_, size);
  } catch (...) {
    promise.set_exception(std::current_exception());
  }
  return piece.get();
}

void PieceCache::forget_oldest() {
  const std::size_t most =
      std::clamp<std::size_t>(kMostBytesAtOnce / std::max<std::size_t>(1, piece_bytes_), 1, kMostPieces);
  while (entries_.size() > most) entries_.erase(std::ranges::min_element(entries_, {}, &Entry::asked));
}

}  // namespace sctab::arrays
