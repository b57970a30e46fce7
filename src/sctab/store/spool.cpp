#include "sctab/store/spool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/hdf5/chunk_codec.hpp"
#include "sctab/store/manifest.hpp"
#include "sctab/store/random_access_file.hpp"

namespace sctab::store {
namespace {

bool is_uint16(float count) {
  return count <= static_cast<float>(std::numeric_limits<std::uint16_t>::max()) && count == std::trunc(count);
}

// LEB128: seven bits a byte, lowest first.
void put(std::uint64_t value, std::vector<std::byte>& bytes) {
  for (; value >= 0x80U; value >>= 7U) bytes.push_back(static_cast<std::byte>(value | 0x80U));
  bytes.push_back(static_cast<std::byte>(value));
}

template <typename T>
void put_raw(T value, std::vector<std::byte>& bytes) {
  const auto raw = std::as_bytes(std::span(&value, 1));
  bytes.insert(bytes.end(), raw.begin(), raw.end());
}

class ByteReader {
 public:
  explicit ByteReader(const std::byte* at) : at_(at) {}
  std::uint64_t get() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = std::to_integer<std::uint64_t>(*at_++);
      value |= (byte & 0x7FU) << shift;
      if (byte < 0x80U) return value;
    }
  }
  template <typename T>
  T get_raw() {
    T value{};
    std::memcpy(&value, at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }

 private:
  const std::byte* at_;
};

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

bool encode_cell(sparse::RowView counts, const CellObs& obs, std::vector<std::byte>& bytes) {
  const std::size_t begin = bytes.size();
  put_raw(std::uint32_t{0}, bytes);  // the size, known at the end
  for (const std::int32_t code : obs.codes) put(static_cast<std::uint64_t>(std::int64_t{code} + 1), bytes);
  put(static_cast<std::uint64_t>(obs.source_row), bytes);

  const bool integers = std::all_of(counts.data.begin(), counts.data.end(), is_uint16);
  const auto n_zeros = std::count(counts.data.begin(), counts.data.end(), 0.0F);
  put(counts.data.size() - static_cast<std::size_t>(n_zeros), bytes);
  put(integers ? 1 : 0, bytes);
  GeneIndex previous = -1;
  for (std::size_t i = 0; i < counts.data.size(); ++i) {
    SCTAB_ASSERT(counts.data[i] >= 0 && std::isfinite(counts.data[i]));
    SCTAB_ASSERT(counts.indices[i] > (i == 0 ? -1 : counts.indices[i - 1]));
    if (counts.data[i] == 0) continue;
    put(static_cast<std::uint64_t>(counts.indices[i] - previous - 1), bytes);
    previous = counts.indices[i];
  }
  for (const float count : counts.data) {
    if (count == 0) continue;
    if (integers) {
      put(static_cast<std::uint64_t>(count), bytes);
    } else {
      put_raw(count, bytes);
    }
  }
  const auto size = core::narrow<std::uint32_t>(bytes.size() - begin);
  std::memcpy(bytes.data() + begin, &size, sizeof(size));
  return integers;
}

std::size_t encoded_size(std::span<const std::byte> bytes) {
  return ByteReader(bytes.data()).get_raw<std::uint32_t>();
}

void decode_cell(std::span<const std::byte> bytes, DecodedCell& cell) {
  ByteReader reader(bytes.data());
  (void)reader.get_raw<std::uint32_t>();
  for (std::int32_t& code : cell.obs.codes)
    code = static_cast<std::int32_t>(static_cast<std::int64_t>(reader.get()) - 1);
  cell.obs.source_row = static_cast<CellIndex>(reader.get());
  const std::uint64_t n = reader.get();
  const bool integers = reader.get() == 1;
  cell.genes.resize(n);
  cell.counts.resize(n);
  GeneIndex previous = -1;
  for (GeneIndex& gene : cell.genes) {
    gene = previous + 1 + static_cast<GeneIndex>(reader.get());
    previous = gene;
  }
  for (float& count : cell.counts) count = integers ? static_cast<float>(reader.get()) : reader.get_raw<float>();
}

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
  const std::vector<std::byte> compressed = hdf5::ChunkCompressor(kDeflateLevel).compress(buffer_, 1);
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
  if (!hdf5::ZlibDecompressor().decompress(compressed, bytes)) {
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
