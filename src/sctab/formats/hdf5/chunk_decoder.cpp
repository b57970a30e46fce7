#include "sctab/formats/hdf5/chunk_decoder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <variant>

#include "sctab/core/error.hpp"
#include "sctab/formats/codecs/checksums.hpp"
#include "sctab/formats/codecs/shuffle.hpp"

namespace sctab::hdf5 {
namespace {

constexpr std::size_t kChecksumBytes = 4;

/// Filters never make much more of a chunk than it was; bitshuffle with zstd does of blocks of 8 bytes.
std::size_t most_stored(std::size_t n_bytes) {
  return 4 * n_bytes + 1024;
}

}  // namespace

ChunkDecoder::ChunkDecoder(hid_t dataset, std::size_t element_size) : dataset_(dataset), element_size_(element_size) {
  const Handle layout = owned(H5Dget_create_plist(dataset), dataset, "its layout is damaged");
  if (H5Pget_layout(layout.id()) != H5D_CHUNKED) return;
  std::array<hsize_t, H5S_MAX_RANK> extent{};
  const int rank = checked(H5Pget_chunk(layout.id(), H5S_MAX_RANK, extent.data()), dataset, "its chunks are damaged");
  extent_.assign(extent.begin(), extent.begin() + rank);
  chunk_elements_ = 1;
  for (const hsize_t n : extent_) chunk_elements_ *= static_cast<std::int64_t>(n);
  SCTAB_ASSERT(chunk_elements_ > 0);

  unsigned options = 0;
  (void)checked(H5Pget_chunk_opts(layout.id(), &options), dataset, "its chunks are damaged");
  filters_partial_ = (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) == 0;
  const Handle space = owned(H5Dget_space(dataset), dataset, "has no shape");
  std::array<hsize_t, H5S_MAX_RANK> size{};
  const int rank_of_space = H5Sget_simple_extent_dims(space.id(), size.data(), nullptr);
  SCTAB_ASSERT(rank_of_space == rank);
  size_.assign(size.begin(), size.begin() + rank);
  filters_ = filters_of(dataset);
}

bool ChunkDecoder::is_partial(std::span<const hsize_t> begin) const {
  for (std::size_t i = 0; i < begin.size(); ++i) {
    if (size_[i] - begin[i] < extent_[i]) return true;
  }
  return false;
}

std::optional<std::uint32_t> ChunkDecoder::fetch(std::span<const hsize_t> begin, std::size_t n_bytes,
                                                 std::vector<std::byte>& stored) const {
  const Lock lock;
  hsize_t size = 0;
  if (H5Dget_chunk_storage_size(dataset_, begin.data(), &size) < 0 || size == 0) return std::nullopt;
  if (size > most_stored(n_bytes)) throw_hdf5_error(dataset_, "a chunk has an impossible size");
  stored.resize(size);
  std::uint32_t left_out = 0;
  checked(H5Dread_chunk(dataset_, H5P_DEFAULT, begin.data(), &left_out, stored.data()), dataset_,
          "a chunk cannot be read");
  constexpr std::uint32_t kAll = ~std::uint32_t{0};
  return !filters_partial_ && is_partial(begin) ? kAll : left_out;
}

std::optional<std::size_t> ChunkDecoder::undo(const Filter& filter, std::span<const std::byte> bytes,
                                              std::span<std::byte> out, codecs::Expander& expander) const {
  if (const auto* const codec = std::get_if<codecs::Codec>(&filter)) return expander.expand(*codec, bytes, out);
  if (const auto* const form = std::get_if<codecs::Bitshuffle>(&filter)) return expander.expand(*form, bytes, out);
  if (const auto* const form = std::get_if<codecs::Szip>(&filter)) return expander.expand(*form, bytes, out);
  SCTAB_ASSERT(std::holds_alternative<ShuffleFilter>(filter));
  if (bytes.size() > out.size()) return std::nullopt;
  // What is no whole element stays at the end: the checksum of a filter in front of this one.
  const std::size_t n = bytes.size() / element_size_, n_whole = n * element_size_;
  if (n > 0) codecs::unshuffle_bytes(bytes.first(n_whole), n, element_size_, 0, out.first(n_whole));
  std::ranges::copy(bytes.subspan(n_whole), out.begin() + static_cast<std::ptrdiff_t>(n_whole));
  return bytes.size();
}

bool ChunkDecoder::undo_filters(std::uint32_t left_out, std::span<std::byte> out, Scratch& scratch) const {
  std::vector<const Filter*> applied;
  for (std::size_t i = 0; i < filters_.size(); ++i) {
    if ((left_out >> i & 1U) == 0) applied.push_back(&filters_[i]);
  }
  const auto is_checksum = [](const Filter* filter) { return std::holds_alternative<Fletcher32Filter>(*filter); };
  const auto keeps_size = [&](const Filter* filter) {
    return is_checksum(filter) || std::holds_alternative<ShuffleFilter>(*filter);
  };
  std::span<const std::byte> bytes = scratch.stored;
  while (!applied.empty()) {
    const Filter* const filter = applied.back();
    applied.pop_back();
    if (is_checksum(filter)) {
      if (!codecs::has_fletcher32(bytes)) return false;
      bytes = bytes.first(bytes.size() - kChecksumBytes);
      continue;
    }
    auto& room = scratch.between.at(bytes.data() == scratch.between[0].data() ? 1 : 0);
    if (std::ranges::all_of(applied, keeps_size)) {
      const auto n_checksums = static_cast<std::size_t>(std::ranges::count_if(applied, is_checksum));
      if (!applied.empty()) room.resize(out.size() + kChecksumBytes * n_checksums);
    } else {
      room.resize(most_stored(out.size()));
    }
    const std::span<std::byte> target = applied.empty() ? out : std::span(room);
    const auto written = undo(*filter, bytes, target, scratch.expander);
    if (!written) return false;
    bytes = target.first(*written);
  }
  if (bytes.size() != out.size()) return false;
  if (bytes.data() != out.data()) std::ranges::copy(bytes, out.begin());
  return true;
}

bool ChunkDecoder::decode(std::span<const hsize_t> begin, std::span<std::byte> out, Scratch& scratch) const {
  SCTAB_ASSERT(knows_filters() && begin.size() == extent_.size());
  const auto left_out = fetch(begin, out.size(), scratch.stored);
  if (!left_out) return false;
  if (undo_filters(*left_out, out, scratch)) return true;
  const Lock lock;
  throw error_at(dataset_, {.found = fmt::format("the chunk of element {} is damaged", fmt::join(begin, ", ")),
                            .next_step = kCopyAgain});
}

bool ChunkDecoder::decode(std::int64_t begin, std::span<std::byte> out, Scratch& scratch) const {
  const auto offset = static_cast<hsize_t>(begin);
  return decode(std::span(&offset, 1), out, scratch);
}

bool ChunkDecoder::decode_lower_halves(std::int64_t begin, std::span<std::uint32_t> out, Scratch& scratch) const {
  const auto* const codec = filters_.size() == 2 ? std::get_if<codecs::Codec>(&filters_[1]) : nullptr;
  const bool known = codec != nullptr && *codec == codecs::Codec::kZlib &&
                     std::holds_alternative<ShuffleFilter>(filters_[0]) && element_size_ == 2 * sizeof(std::uint32_t);
  if (!known) return false;
  const auto offset = static_cast<hsize_t>(begin);
  const auto left_out = fetch(std::span(&offset, 1), out.size() * element_size_, scratch.stored);
  if (left_out != std::uint32_t{0}) return false;
  std::vector<std::byte>& planes = scratch.between[0];
  planes.resize(out.size_bytes() + ZlibDecompressor::kRoomForLastMatch);
  if (!scratch.zlib.decompress_before_zeros(scratch.stored, out.size_bytes(), planes)) return false;
  codecs::unshuffle_bytes(planes, out.size(), sizeof(std::uint32_t), 0, std::as_writable_bytes(out));
  return true;
}

}  // namespace sctab::hdf5
