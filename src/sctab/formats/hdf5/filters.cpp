#include "sctab/formats/hdf5/filters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sctab/formats/hdf5/handle.hpp"

namespace sctab::hdf5 {
namespace {

using codecs::Codec;

// The numbers of filters that are not HDF5's own are registered with the HDF Group.
constexpr std::array<std::pair<H5Z_filter_t, Codec>, 6> kCompressors = {{{H5Z_FILTER_DEFLATE, Codec::kZlib},
                                                                         {307, Codec::kBzip2},
                                                                         {32'000, Codec::kLzf},
                                                                         {32'001, Codec::kBlosc},
                                                                         {32'004, Codec::kLz4Hdf5},
                                                                         {32'015, Codec::kZstd}}};
constexpr H5Z_filter_t kBitshuffleFilter = 32'008;

constexpr std::array<std::pair<H5Z_filter_t, std::string_view>, 14> kUnknownFilters = {
    {{H5Z_FILTER_NBIT, "nbit"},
     {H5Z_FILTER_SCALEOFFSET, "scaleoffset"},
     {305, "lzo"},
     {32'002, "mafisc"},
     {32'003, "snappy"},
     {32'013, "zfp"},
     {32'014, "fpzip"},
     {32'017, "sz"},
     {32'018, "fcidecomp"},
     {32'019, "jpeg"},
     {32'024, "sz3"},
     {32'026, "blosc2"},
     {32'028, "sperr"},
     {32'030, "ebcc"}}};

struct StoredFilter {
  H5Z_filter_t id = H5Z_FILTER_ERROR;
  std::array<unsigned, 20> values{};
  std::size_t n_values = 0;

  [[nodiscard]] unsigned value(std::size_t i) const { return i < std::min(n_values, values.size()) ? values[i] : 0; }
};

[[noreturn]] void refuse_filter(hid_t dataset, std::string found) {
  throw error_at(dataset,
                 {.found = std::move(found),
                  .next_step = R"(write the file again with gzip: adata.write_h5ad("new.h5ad", compression="gzip"))"});
}

[[noreturn]] void refuse_unknown(hid_t dataset, H5Z_filter_t id) {
  const auto* const known = std::ranges::find(kUnknownFilters, id, &std::pair<H5Z_filter_t, std::string_view>::first);
  const std::string name = known == kUnknownFilters.end() ? fmt::format("HDF5 filter {}", id)
                                                          : fmt::format("{} (HDF5 filter {})", known->second, id);
  refuse_filter(dataset, fmt::format("is compressed by {}, which sctab does not read", name));
}

/// values: version, version, bytes of an element, elements of a block, compressor, …; what is missing is 0. The
/// elements need not be the dataset's: HDF5 2.0 never tells the filter the size of text of variable length, and values
/// meant for other places stand there.
codecs::Bitshuffle read_bitshuffle(hid_t dataset, const StoredFilter& filter) {
  constexpr unsigned kNone = 0, kLz4 = 2, kZstd = 3;
  using Inner = codecs::Bitshuffle::Inner;
  codecs::Bitshuffle form{.element_size = filter.value(2), .block_elements = filter.value(3), .inner = Inner::kNone};
  switch (filter.value(4)) {
    case kNone:
      break;
    case kLz4:
      form.inner = Inner::kLz4;
      break;
    case kZstd:
      form.inner = Inner::kZstd;
      break;
    default:
      refuse_filter(dataset, fmt::format("is compressed by bitshuffle with compressor {}, which sctab does not read",
                                         filter.value(4)));
  }
  return form;
}

Filter known_filter(hid_t dataset, const StoredFilter& filter) {
  switch (filter.id) {
    case H5Z_FILTER_SHUFFLE:
      return ShuffleFilter{};
    case H5Z_FILTER_FLETCHER32:
      return Fletcher32Filter{};
    case H5Z_FILTER_SZIP:
      return codecs::Szip{.options = filter.value(0),
                          .pixels_per_block = filter.value(1),
                          .bits_per_pixel = filter.value(2),
                          .pixels_per_scanline = filter.value(3)};
    case kBitshuffleFilter:
      return read_bitshuffle(dataset, filter);
    default:
      break;
  }
  const auto* const known = std::ranges::find(kCompressors, filter.id, &std::pair<H5Z_filter_t, Codec>::first);
  if (known == kCompressors.end()) refuse_unknown(dataset, filter.id);
  return known->second;
}

}  // namespace

std::vector<Filter> filters_of(hid_t dataset) {
  const Handle properties = owned(H5Dget_create_plist(dataset), dataset, "its properties are damaged");
  std::vector<Filter> filters;
  if (H5Pget_layout(properties.id()) != H5D_CHUNKED) return filters;
  const int n = checked(H5Pget_nfilters(properties.id()), dataset, "its list of filters is damaged");
  for (int i = 0; i < n; ++i) {
    StoredFilter filter;
    filter.n_values = filter.values.size();
    unsigned flags = 0;
    filter.id = checked(H5Pget_filter2(properties.id(), static_cast<unsigned>(i), &flags, &filter.n_values,
                                       filter.values.data(), 0, nullptr, nullptr),
                        dataset, "its list of filters is damaged");
    filters.push_back(known_filter(dataset, filter));
  }
  return filters;
}

double most_expansion(std::span<const Filter> filters) {
  // Deflate makes at most 1,032 bytes of one, LZ4 and LZF fewer; some room for szip and for small tables. Zstandard has
  // blocks of 128 KB that are one byte again and again, in 4 bytes; bzip2 counts such runs twice.
  constexpr double kUsual = 4096, kZstd = 40'000, kBzip2 = 1e6;
  double most = kUsual;
  for (const Filter& filter : filters) {
    const auto* const codec = std::get_if<Codec>(&filter);
    const bool has_zstd = codec == nullptr ? std::holds_alternative<codecs::Bitshuffle>(filter)
                                           : *codec == Codec::kZstd || *codec == Codec::kBlosc;
    if (has_zstd) most = std::max(most, kZstd);
    if (codec != nullptr && *codec == Codec::kBzip2) most = std::max(most, kBzip2);
  }
  return most;
}

}  // namespace sctab::hdf5
