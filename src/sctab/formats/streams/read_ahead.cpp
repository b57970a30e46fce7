#include "sctab/formats/streams/read_ahead.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "sctab/core/error.hpp"

namespace sctab::streams {

ReadAhead::ReadAhead(std::unique_ptr<ByteStream> source, Options options)
    : source_(std::move(source)), options_(options) {
  SCTAB_ASSERT(options_.block_bytes > 0 && options_.n_blocks > 0);
  for (std::size_t i = 0; i < options_.n_blocks; ++i) order_block();
}

ReadAhead::~ReadAhead() {
  stopping_ = true;
}

std::size_t ReadAhead::read(std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size() && (at_ < block_.size() || next_block())) {
    const std::size_t n = std::min(out.size() - done, block_.size() - at_);
    std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(at_), n, out.begin() + static_cast<std::ptrdiff_t>(done));
    at_ += n;
    done += n;
  }
  return done;
}

void ReadAhead::order_block() {
  ordered_.push_back(worker_.submit([this, block = Block()]() mutable {
    if (stopping_) return Block();
    try {
      block.resize(options_.block_bytes);
      block.resize(source_->read(block));
    } catch (...) {
      stopping_ = true;
      throw;
    }
    return std::move(block);
  }));
}

bool ReadAhead::next_block() {
  if (failure_) std::rethrow_exception(failure_);
  if (at_end_) return false;
  at_ = 0;
  block_.clear();
  try {
    block_ = ordered_.front().get();
    ordered_.pop_front();
  } catch (...) {
    failure_ = std::current_exception();
    throw;
  }
  at_end_ = block_.empty();
  if (!at_end_) order_block();
  return !at_end_;
}

}  // namespace sctab::streams
