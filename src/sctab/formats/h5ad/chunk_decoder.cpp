#include "sctab/formats/h5ad/chunk_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/chunk_codec.hpp"

namespace sctab::h5ad {

ChunkDecoder::ChunkDecoder(hid_t dataset, std::size_t element_size) : dataset_(dataset), element_size_(element_size) {
  const Handle layout = owned(H5Dget_create_plist(dataset), dataset, "its layout is damaged");
  if (H5Pget_layout(layout.id()) != H5D_CHUNKED) return;
  hsize_t extent = 0;
  checked(H5Pget_chunk(layout.id(), 1, &extent), dataset, "its chunks are damaged");
  chunk_elements_ = static_cast<std::int64_t>(extent);
  SCTAB_ASSERT(chunk_elements_ > 0);

  int place = 0;
  const int n_filters = H5Pget_nfilters(layout.id());
  const auto next_is = [&](H5Z_filter_t filter) {
    unsigned flags = 0;
    std::size_t n_values = 0;
    return place < n_filters && H5Pget_filter2(layout.id(), static_cast<unsigned>(place), &flags, &n_values, nullptr, 0,
                                               nullptr, nullptr) == filter;
  };
  if (next_is(H5Z_FILTER_SHUFFLE)) shuffle_ = place++;
  if (next_is(H5Z_FILTER_DEFLATE)) {
    gzip_ = place++;
  } else if (next_is(kLzfFilter)) {
    lzf_ = place++;
  }
  knows_filters_ = place == n_filters;
}

std::optional<std::uint32_t> ChunkDecoder::fetch(std::int64_t begin, std::size_t n_bytes,
                                                 std::vector<std::byte>& stored) const {
  const Hdf5Lock lock;
  const auto offset = static_cast<hsize_t>(begin);
  hsize_t size = 0;
  if (H5Dget_chunk_storage_size(dataset_, &offset, &size) < 0 || size == 0) return std::nullopt;
  // Filters never make much more of a chunk than it was.
  if (size > 2 * n_bytes + 1024) throw_hdf5_error(dataset_, "a chunk has an impossible size");
  stored.resize(size);
  std::uint32_t left_out = 0;
  checked(H5Dread_chunk(dataset_, H5P_DEFAULT, &offset, &left_out, stored.data()), dataset_, "a chunk cannot be read");
  return left_out;
}

bool ChunkDecoder::decode(std::int64_t begin, std::span<std::byte> out, Scratch& scratch) const {
  SCTAB_ASSERT(knows_filters_);
  const auto left_out = fetch(begin, out.size(), scratch.stored);
  if (!left_out) return false;
  const auto applied = [&left_out](int place) { return place >= 0 && (*left_out >> place & 1U) == 0; };
  const bool shuffled = applied(shuffle_);
  if (shuffled) scratch.shuffled.resize(out.size());
  const std::span<std::byte> target = shuffled ? std::span(scratch.shuffled) : out;
  bool whole = false;
  if (applied(gzip_)) {
    whole = scratch.zlib.decompress(scratch.stored, target);
  } else if (applied(lzf_)) {
    whole = expand_lzf(scratch.stored, target) == target.size();
  } else if (scratch.stored.size() == target.size()) {
    std::copy(scratch.stored.begin(), scratch.stored.end(), target.begin());
    whole = true;
  }
  if (!whole) {
    const Hdf5Lock lock;
    throw error_at(dataset_,
                   {.found = fmt::format("the chunk of element {} is damaged", begin), .next_step = kCopyAgain});
  }
  if (shuffled) unshuffle_bytes(scratch.shuffled, out.size() / element_size_, element_size_, 0, out);
  return true;
}

}  // namespace sctab::h5ad
