#include "sctab/formats/h5ad/text_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sctab/core/error.hpp"
#include "sctab/core/text_file.hpp"
#include "sctab/formats/h5ad/chunk_decoder.hpp"
#include "sctab/formats/h5ad/global_heap.hpp"
#include "sctab/formats/h5ad/hdf5_value.hpp"

namespace sctab::h5ad {
namespace {

constexpr std::int64_t kTextsAtOnce = 1 << 16;

void read_through_hdf5(hid_t dataset, const ElementType& type, bool scalar, std::int64_t n, Strings& out) {
  for (std::int64_t begin = 0; begin < n; begin += kTextsAtOnce) {
    const std::int64_t count = std::min(kTextsAtOnce, n - begin);
    const Handle from = owned(H5Dget_space(dataset), dataset, "its size is damaged");
    const auto length = static_cast<hsize_t>(count);
    const auto offset = static_cast<hsize_t>(begin);
    if (!scalar) (void)H5Sselect_hyperslab(from.id(), H5S_SELECT_SET, &offset, nullptr, &length, nullptr);
    const Handle to(H5Screate_simple(1, &length, nullptr));
    const auto read = [&](void* memory) {
      return H5Dread(dataset, type.in_memory.id(), to.id(), from.id(), H5P_DEFAULT, memory);
    };
    append_texts(count, type.in_memory.id(), dataset, read, out);
  }
}

void append(GlobalHeap& heap, std::span<const std::byte> references, Strings& out) {
  for (std::size_t at = 0; at < references.size(); at += HeapReference::kBytes) {
    out.emplace_back(heap.text(HeapReference::decode(references.data() + at)));
  }
}

/// False where the dataset is stored in a way that is left to libhdf5.
bool read_from_heap(hid_t dataset, std::int64_t n, Strings& out) {
  GlobalHeap heap(dataset);
  if (!heap.can_read()) return false;
  ChunkDecoder decoder(dataset, HeapReference::kBytes);
  const std::int64_t chunk = decoder.chunk_elements();
  std::vector<std::byte> references;
  ChunkDecoder::Scratch scratch;
  if (chunk > 0 && decoder.knows_filters()) {
    references.resize(static_cast<std::size_t>(chunk) * HeapReference::kBytes);
    for (std::int64_t begin = 0; begin < n; begin += chunk) {
      if (!decoder.decode(begin, references, scratch)) std::fill(references.begin(), references.end(), std::byte{0});
      const auto count = static_cast<std::size_t>(std::min(chunk, n - begin));
      append(heap, std::span(references).first(count * HeapReference::kBytes), out);
    }
    return true;
  }
  const haddr_t address = H5Dget_offset(dataset);
  if (chunk > 0 || address == HADDR_UNDEF) return false;
  for (std::int64_t begin = 0; begin < n; begin += kTextsAtOnce) {
    const auto count = static_cast<std::size_t>(std::min(kTextsAtOnce, n - begin));
    references.resize(count * HeapReference::kBytes);
    heap.read(address + static_cast<haddr_t>(begin) * HeapReference::kBytes, references);
    append(heap, references, out);
  }
  return true;
}

void require_utf8(hid_t dataset, std::string_view counted, const Strings& texts) {
  const auto bad = std::ranges::find_if_not(texts, core::is_utf8);
  if (bad == texts.end()) return;
  throw error_at(dataset, {.found = fmt::format("{} {} (counted from 0) holds \"{}\", which is not UTF-8 text", counted,
                                                bad - texts.begin(), core::printable(*bad)),
                           .next_step = "write the file again with text in UTF-8, or without it"});
}

}  // namespace

Strings read_texts(hid_t dataset, std::string_view counted) {
  const ElementType type = element_type(dataset);
  const std::vector<std::int64_t> shape = dimensions(dataset);
  if (type.kind != ElementType::Kind::kText || shape.size() > 1) {
    throw error_at(dataset, {.found = "does not hold a single column of text", .next_step = kWriteAgain});
  }
  check_plausible_size(dataset);
  const std::int64_t n = shape.empty() ? 1 : shape[0];
  Strings out;
  out.reserve(static_cast<std::size_t>(n));
  const bool variable = H5Tis_variable_str(type.in_memory.id()) > 0;
  const bool read = variable && !shape.empty() && read_from_heap(dataset, n, out);
  if (!read) read_through_hdf5(dataset, type, shape.empty(), n, out);
  require_utf8(dataset, counted, out);
  return out;
}

}  // namespace sctab::h5ad
