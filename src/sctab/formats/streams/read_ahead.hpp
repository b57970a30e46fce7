#pragma once

#include <atomic>
#include <deque>
#include <future>
#include <vector>

#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/streams/byte_stream.hpp"

namespace sctab::streams {

/// Reads, and unpacks, in a thread of its own while the caller works on what was read before: some blocks ahead. An
/// exception of that thread reaches the caller of read() when the block is due, and again in later calls. For
/// files, not pipes: the destructor waits for the block that is being read.
class ReadAhead final : public ByteStream {
 public:
  struct Options {
    std::size_t block_bytes = 1U << 20U;  // large enough that handing over costs nothing
    std::size_t n_blocks = 4;             // held at most, besides the one that the caller reads from
  };
  /// Throws InputError where the system does not let a thread start.
  explicit ReadAhead(std::unique_ptr<ByteStream> source, Options options);
  explicit ReadAhead(std::unique_ptr<ByteStream> source) : ReadAhead(std::move(source), Options{}) {}
  ~ReadAhead() override;
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  std::size_t read(std::span<std::byte> out) override;
  [[nodiscard]] const std::filesystem::path& path() const override { return source_->path(); }
  [[nodiscard]] core::FileIdentity identity() const override { return source_->identity(); }
  [[nodiscard]] bool is_compressed() const override { return source_->is_compressed(); }

 private:
  using Block = std::vector<std::byte>;

  void order_block();
  /// Whether there is a block to read from.
  bool next_block();

  std::unique_ptr<ByteStream> source_;  // of the worker, but for what does not change
  Options options_;
  Block block_;
  std::size_t at_ = 0;  // in block_
  bool at_end_ = false;
  std::exception_ptr failure_;
  std::atomic<bool> stopping_{false};
  std::deque<std::future<Block>> ordered_;
  core::ThreadPool worker_{1};  // the last member: it ends before what it uses
};

}  // namespace sctab::streams
