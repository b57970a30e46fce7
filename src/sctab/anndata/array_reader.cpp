#include "sctab/anndata/array_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "sctab/anndata/lzf.hpp"
#include "sctab/core/error.hpp"

namespace sctab::anndata {
namespace {

constexpr std::int64_t kLeastPiece = 1 << 16;

}  // namespace

ArrayReader::ArrayReader(Handle dataset) : dataset_(std::move(dataset)), type_(element_type(dataset_.id())) {
  const std::vector<std::int64_t> shape = dimensions(dataset_.id());
  if (shape.size() != 1 || (type_.kind != ElementType::Kind::kNumber && type_.kind != ElementType::Kind::kBoolean)) {
    throw core::InputError(fmt::format("{}: one column of numbers was expected; the file is damaged or not AnnData's",
                                       location(dataset_.id())));
  }
  check_plausible_size(dataset_.id());
  size_ = shape[0];
  inspect_layout();
}

void ArrayReader::inspect_layout() {
  const Handle layout = owned(H5Dget_create_plist(dataset_.id()), dataset_.id(), "its layout is damaged");
  piece_elements_ = kLeastPiece;
  if (H5Pget_layout(layout.id()) != H5D_CHUNKED) return;
  hsize_t extent = 0;
  checked(H5Pget_chunk(layout.id(), 1, &extent), dataset_.id(), "its chunks are damaged");
  chunk_elements_ = static_cast<std::int64_t>(extent);
  SCTAB_ASSERT(chunk_elements_ > 0);
  piece_elements_ = (kLeastPiece + chunk_elements_ - 1) / chunk_elements_ * chunk_elements_;

  std::vector<H5Z_filter_t> filters;
  const int n_filters = H5Pget_nfilters(layout.id());
  for (int i = 0; i < n_filters; ++i) {
    unsigned flags = 0;
    std::size_t n_values = 0;
    filters.push_back(
        H5Pget_filter2(layout.id(), static_cast<unsigned>(i), &flags, &n_values, nullptr, 0, nullptr, nullptr));
  }
  auto left = filters.begin();
  shuffled_ = left != filters.end() && *left == H5Z_FILTER_SHUFFLE;
  if (shuffled_) ++left;
  gzip_ = left != filters.end() && *left == H5Z_FILTER_DEFLATE;
  lzf_ = left != filters.end() && *left == kLzfFilter;
  if (gzip_ || lzf_) ++left;
  decodes_ = left == filters.end() && type_.stored_as_is;
}

template <typename To>
void ArrayReader::read(std::int64_t begin, std::span<To> out) {
  const auto count = static_cast<std::int64_t>(out.size());
  SCTAB_ASSERT(begin >= 0 && begin + count <= size_);
  for (std::int64_t done = 0; done < count;) {
    const std::int64_t number = (begin + done) / piece_elements_;
    load(number);
    const std::int64_t first = begin + done - number * piece_elements_;
    const std::int64_t n = std::min(count - done, piece_elements_ - first);
    visit_number(type_.number, [&](auto kind) {
      using From = decltype(kind);
      const std::byte* from = piece_.data() + static_cast<std::size_t>(first) * sizeof(From);
      To* to = out.data() + done;
      if constexpr (std::is_same_v<From, To>) {
        std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(From));
      } else {
        for (std::int64_t i = 0; i < n; ++i) {
          From value;
          std::memcpy(&value, from + static_cast<std::size_t>(i) * sizeof(From), sizeof(From));
          to[i] = convert_number<To>(value);
        }
      }
    });
    done += n;
  }
}

template void ArrayReader::read(std::int64_t, std::span<float>);
template void ArrayReader::read(std::int64_t, std::span<double>);
template void ArrayReader::read(std::int64_t, std::span<std::int32_t>);
template void ArrayReader::read(std::int64_t, std::span<std::int64_t>);

void ArrayReader::load(std::int64_t number) {
  if (number == loaded_) return;
  loaded_ = -1;
  const std::int64_t begin = number * piece_elements_;
  const std::int64_t end = std::min(size_, begin + piece_elements_);
  if (!decodes_) {
    piece_.resize(static_cast<std::size_t>(end - begin) * type_.size);
    read_through_hdf5(begin, piece_);
  } else {
    // Chunks are stored whole, the last one too.
    const std::size_t chunk_bytes = static_cast<std::size_t>(chunk_elements_) * type_.size;
    const std::int64_t n_chunks = (end - begin + chunk_elements_ - 1) / chunk_elements_;
    piece_.resize(static_cast<std::size_t>(n_chunks) * chunk_bytes);
    for (std::int64_t i = 0; i < n_chunks; ++i) {
      const std::int64_t first = begin + i * chunk_elements_;
      const std::span chunk = std::span(piece_).subspan(static_cast<std::size_t>(i) * chunk_bytes, chunk_bytes);
      if (decode_chunk(first, chunk)) continue;
      const auto n = static_cast<std::size_t>(std::min(chunk_elements_, size_ - first));
      read_through_hdf5(first, chunk.first(n * type_.size));
    }
  }
  loaded_ = number;
}

/// False where the chunk is not stored as the filters say (absent, or a filter was left out for it).
bool ArrayReader::decode_chunk(std::int64_t begin, std::span<std::byte> out) {
  const auto offset = static_cast<hsize_t>(begin);
  hsize_t stored = 0;
  if (H5Dget_chunk_storage_size(dataset_.id(), &offset, &stored) < 0 || stored == 0) return false;
  if (stored > 2 * out.size() + 1024) throw_hdf5_error(dataset_.id(), "a chunk has an impossible size");
  compressed_.resize(stored);
  std::uint32_t filters_left_out = 0;
  checked(H5Dread_chunk(dataset_.id(), H5P_DEFAULT, &offset, &filters_left_out, compressed_.data()), dataset_.id(),
          "a chunk cannot be read");
  if (filters_left_out != 0) return false;

  unfiltered_.resize(shuffled_ ? out.size() : 0);
  const std::span target = shuffled_ ? std::span(unfiltered_) : out;
  bool whole = false;
  if (gzip_) {
    whole = zlib_.decompress(compressed_, target);
  } else if (lzf_) {
    whole = lzf_decompress(compressed_, target) == target.size();
  } else {
    whole = compressed_.size() == target.size();
    if (whole) std::copy(compressed_.begin(), compressed_.end(), target.begin());
  }
  if (!whole) {
    throw core::InputError(fmt::format("{}: the chunk from element {} on is damaged; copy or download the file again",
                                       location(dataset_.id()), begin));
  }
  if (shuffled_) unshuffle_bytes(unfiltered_, type_.size, out);
  return true;
}

void ArrayReader::read_through_hdf5(std::int64_t begin, std::span<std::byte> out) {
  const auto offset = static_cast<hsize_t>(begin);
  const auto count = static_cast<hsize_t>(out.size() / type_.size);
  const Handle from = owned(H5Dget_space(dataset_.id()), dataset_.id(), "its size is damaged");
  if (count > 0) (void)H5Sselect_hyperslab(from.id(), H5S_SELECT_SET, &offset, nullptr, &count, nullptr);
  const Handle to(H5Screate_simple(1, &count, nullptr));
  if (count == 0) return;
  checked(H5Dread(dataset_.id(), type_.in_memory.id(), to.id(), from.id(), H5P_DEFAULT, out.data()), dataset_.id(),
          fmt::format("elements from {} on cannot be read", begin));
}

}  // namespace sctab::anndata
