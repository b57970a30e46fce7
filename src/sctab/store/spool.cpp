#include "sctab/store/spool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/h5ad/chunk_codec.hpp"
#include "sctab/store/next_steps.hpp"
#include "sctab/store/random_access_file.hpp"

namespace sctab::store {
namespace {

constexpr int kDeflateLevel = 1;  // the encoding has done most of the work

void append_to_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::FILE* file = std::fopen(path.c_str(), "ab");
  const bool written = file != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  int why = errno;
  const bool closed = file != nullptr && std::fclose(file) == 0;
  if (written && !closed) why = errno;
  if (!written || !closed) {
    throw core::InputError(
        {.file = path.string(),
         .found = fmt::format("cannot be written: {}; cells wait there on their way to the store", std::strerror(why)),
         .next_step = "free some space or choose another output"});
  }
}

}  // namespace

Spool::Spool(std::filesystem::path path) : path_(std::move(path)) {}

Spool::Spool(std::filesystem::path path, SpoolState state) : path_(std::move(path)), state_(std::move(state)) {
  if (state_.file_bytes == 0) return;
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path_, error);
  if (!error && std::cmp_greater_equal(size, state_.file_bytes)) {
    std::filesystem::resize_file(path_, static_cast<std::uintmax_t>(state_.file_bytes), error);
    if (!error) return;
  }
  throw core::InputError({.file = path_.string(),
                          .found = error ? "cannot be read: " + error.message()
                                         : "has " + core::plural(static_cast<std::int64_t>(size), "byte"),
                          .expected = fmt::format("{} of an unfinished store", core::plural(state_.file_bytes, "byte")),
                          .next_step = kStartOver});
}

Spool::~Spool() {
  if (!keep_file_) remove_file();
}

void Spool::remove_file() noexcept {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove(path_, ignored);
}

bool Spool::add(sparse::RowView counts, const CellObs& obs) {
  const std::size_t before = buffer_.size();
  const bool integers = encode_cell(counts, obs, buffer_);
  state_.encoded_bytes += static_cast<std::int64_t>(buffer_.size() - before);
  const auto n_zeros = std::count(counts.data.begin(), counts.data.end(), 0.0F);
  state_.n_values += static_cast<std::int64_t>(counts.data.size()) - n_zeros;
  ++state_.n_cells;
  return integers;
}

void Spool::flush() {
  if (buffer_.empty()) return;
  const std::vector<std::byte> compressed = h5ad::ChunkCompressor(kDeflateLevel).compress(buffer_, 1);
  append_to_file(path_, compressed);
  const auto compressed_bytes = static_cast<std::int64_t>(compressed.size());
  state_.blocks.push_back({state_.file_bytes, compressed_bytes, static_cast<std::int64_t>(buffer_.size())});
  state_.file_bytes += compressed_bytes;
  buffer_ = decltype(buffer_)();
}

const SpoolState& Spool::state() const {
  SCTAB_ASSERT(buffer_.empty());
  return state_;
}

std::vector<std::byte> Spool::read(const SpoolBlock& block) const {
  std::vector<std::byte> compressed(static_cast<std::size_t>(block.compressed_bytes));
  std::vector<std::byte> bytes(static_cast<std::size_t>(block.bytes));
  RandomAccessFile(path_).read(block.offset, compressed);
  if (!h5ad::ZlibDecompressor().decompress(compressed, bytes)) {
    throw core::InputError({.file = path_.string(),
                            .found = "was changed or damaged while the store was being written",
                            .next_step = "run again"});
  }
  return bytes;
}

void Spool::for_each(core::ThreadPool& pool,
                     const std::function<void(CellIndex, std::span<const std::byte>)>& visit) const {
  SCTAB_ASSERT(buffer_.empty());
  CellIndex cell = 0;
  std::vector<std::vector<std::byte>> decoded(static_cast<std::size_t>(pool.size()));
  for (std::size_t first = 0; first < state_.blocks.size(); first += decoded.size()) {
    core::check_interrupt();
    const std::size_t n = std::min(decoded.size(), state_.blocks.size() - first);
    pool.parallel_for(static_cast<std::int64_t>(n), [&](std::int64_t i) {
      const auto at = static_cast<std::size_t>(i);
      decoded[at] = read(state_.blocks[first + at]);
    });
    for (std::size_t i = 0; i < n; ++i) {
      for (std::span<const std::byte> rest = decoded[i]; !rest.empty();) {
        const std::size_t size = encoded_size(rest);
        visit(cell++, rest.first(size));
        rest = rest.subspan(size);
      }
    }
  }
}

}  // namespace sctab::store
