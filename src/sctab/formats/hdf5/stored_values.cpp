#include "sctab/formats/hdf5/stored_values.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "sctab/core/numbers.hpp"
#include "sctab/formats/hdf5/handle.hpp"

namespace sctab::hdf5 {
namespace {

[[noreturn]] void refuse(hid_t dataset, std::string found) {
  throw error_at(dataset, {.found = std::move(found), .next_step = kCopyAgain});
}

/// Chunks that the dataset's extent takes.
hsize_t chunks_of(hid_t dataset, hid_t properties) {
  const Handle space(checked(H5Dget_space(dataset), dataset, "has no shape"));
  std::array<hsize_t, H5S_MAX_RANK> extent{}, chunk{};
  const int rank = H5Sget_simple_extent_dims(space.id(), extent.data(), nullptr);
  if (rank <= 0 || H5Pget_chunk(properties, H5S_MAX_RANK, chunk.data()) != rank) return 0;
  hsize_t n = 1;
  for (std::size_t i = 0; std::cmp_less(i, rank); ++i) n *= extent[i] / chunk[i] + (extent[i] % chunk[i] == 0 ? 0 : 1);
  return n;
}

bool has_chosen_fill_value(hid_t properties) {
  H5D_fill_value_t defined{};
  return H5Pfill_value_defined(properties, &defined) >= 0 && defined == H5D_FILL_VALUE_USER_DEFINED;
}

}  // namespace

void require_stored(hid_t dataset) {
  const Handle properties(checked(H5Dget_create_plist(dataset), dataset, "its properties are damaged"));
  const bool has_chunks = H5Pget_layout(properties.id()) == H5D_CHUNKED;
  const Handle space(checked(H5Dget_space(dataset), dataset, "has no shape"));
  const hssize_t n_values = H5Sget_simple_extent_npoints(space.id());
  if (n_values <= 0) return;
  const hsize_t n_chunks = has_chunks ? chunks_of(dataset, properties.id()) : 0;
  hsize_t n_stored = 0;
  if (has_chunks) {
    checked(H5Dget_num_chunks(dataset, space.id(), &n_stored), dataset, "its index of chunks is damaged");
    if (n_stored == n_chunks) return;
  }
  const bool is_empty = has_chunks ? n_stored == 0 : H5Dget_storage_size(dataset) == 0;
  if (is_empty && !has_chosen_fill_value(properties.id())) {
    refuse(dataset, "was never written, or its values are lost");
  }
  if (is_empty || !has_chunks) return;
  const auto n_lost = static_cast<std::int64_t>(n_chunks - n_stored);
  refuse(dataset, fmt::format("{} of its {} chunks {} lost", core::format_count(n_lost),
                              core::format_count(static_cast<std::int64_t>(n_chunks)), n_lost == 1 ? "is" : "are"));
}

}  // namespace sctab::hdf5
