#include "sctab/formats/hdf5/chunk_decoder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "sctab/core/error.hpp"
#include "sctab/formats/hdf5/chunk_codec.hpp"

namespace sctab::hdf5 {
namespace {

constexpr std::size_t kChecksumBytes = 4;

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
  knows_filters_ = H5Pget_chunk_opts(layout.id(), &options) >= 0 && options == 0;
  const int n_filters = H5Pget_nfilters(layout.id());
  for (int i = 0; i < n_filters; ++i) {
    unsigned flags = 0;
    std::size_t n_values = 0;
    switch (H5Pget_filter2(layout.id(), static_cast<unsigned>(i), &flags, &n_values, nullptr, 0, nullptr, nullptr)) {
      case H5Z_FILTER_SHUFFLE:
        filters_.push_back(Filter::kShuffle);
        break;
      case H5Z_FILTER_DEFLATE:
        filters_.push_back(Filter::kGzip);
        break;
      case H5Z_FILTER_FLETCHER32:
        filters_.push_back(Filter::kFletcher32);
        break;
      case kLzfFilter:
        filters_.push_back(Filter::kLzf);
        break;
      default:
        knows_filters_ = false;
    }
  }
  // What is compressed is of a known size only in front of that.
  const auto compressor =
      std::ranges::find_if(filters_, [](Filter filter) { return filter == Filter::kGzip || filter == Filter::kLzf; });
  if (compressor == filters_.end()) return;
  const auto is_checksum = [](Filter filter) { return filter == Filter::kFletcher32; };
  knows_filters_ = knows_filters_ && std::all_of(std::next(compressor), filters_.end(), is_checksum);
}

std::optional<std::uint32_t> ChunkDecoder::fetch(std::span<const hsize_t> begin, std::size_t n_bytes,
                                                 std::vector<std::byte>& stored) const {
  const Lock lock;
  hsize_t size = 0;
  if (H5Dget_chunk_storage_size(dataset_, begin.data(), &size) < 0 || size == 0) return std::nullopt;
  // Filters never make much more of a chunk than it was.
  if (size > 2 * n_bytes + 1024) throw_hdf5_error(dataset_, "a chunk has an impossible size");
  stored.resize(size);
  std::uint32_t left_out = 0;
  checked(H5Dread_chunk(dataset_, H5P_DEFAULT, begin.data(), &left_out, stored.data()), dataset_,
          "a chunk cannot be read");
  return left_out;
}

bool ChunkDecoder::undo(Filter filter, std::span<const std::byte> bytes, std::span<std::byte> out,
                        ZlibDecompressor& zlib) const {
  switch (filter) {
    case Filter::kGzip:
      return zlib.decompress(bytes, out);
    case Filter::kLzf:
      return expand_lzf(bytes, out) == out.size();
    case Filter::kShuffle:
    case Filter::kFletcher32:
      break;
  }
  if (bytes.size() != out.size()) return false;
  // What is no whole element stays at the end: the checksum of a filter in front of this one.
  const std::size_t n = bytes.size() / element_size_, n_whole = n * element_size_;
  if (n > 0) unshuffle_bytes(bytes.first(n_whole), n, element_size_, 0, out.first(n_whole));
  std::ranges::copy(bytes.subspan(n_whole), out.begin() + static_cast<std::ptrdiff_t>(n_whole));
  return true;
}

bool ChunkDecoder::undo_filters(std::uint32_t left_out, std::span<std::byte> out, Scratch& scratch) const {
  std::vector<Filter> applied;
  for (std::size_t i = 0; i < filters_.size(); ++i) {
    if ((left_out >> i & 1U) == 0) applied.push_back(filters_[i]);
  }
  std::span<const std::byte> bytes = scratch.stored;
  while (!applied.empty()) {
    const Filter filter = applied.back();
    applied.pop_back();
    if (filter == Filter::kFletcher32) {
      if (!has_fletcher32(bytes)) return false;
      bytes = bytes.first(bytes.size() - kChecksumBytes);
      continue;
    }
    const auto n_checksums = static_cast<std::size_t>(std::ranges::count(applied, Filter::kFletcher32));
    auto& room = scratch.between.at(bytes.data() == scratch.between[0].data() ? 1 : 0);
    if (!applied.empty()) room.resize(out.size() + kChecksumBytes * n_checksums);
    const std::span<std::byte> target = applied.empty() ? out : std::span(room);
    if (!undo(filter, bytes, target, scratch.zlib)) return false;
    bytes = target;
  }
  if (bytes.size() != out.size()) return false;
  if (bytes.data() != out.data()) std::ranges::copy(bytes, out.begin());
  return true;
}

bool ChunkDecoder::decode(std::span<const hsize_t> begin, std::span<std::byte> out, Scratch& scratch) const {
  SCTAB_ASSERT(knows_filters_ && begin.size() == extent_.size());
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

}  // namespace sctab::hdf5
