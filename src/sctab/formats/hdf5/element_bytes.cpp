#include "sctab/formats/hdf5/element_bytes.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/formats/hdf5/chunk_decoder.hpp"

namespace sctab::hdf5 {
namespace {

using structure::ByteView;

constexpr std::size_t kElementsAtOnce = 1 << 16;

std::uint64_t header_of(hid_t object) {
  H5O_info_t info;
  checked(H5Oget_info2(object, &info, H5O_INFO_BASIC), object, "its address cannot be read");
  return info.addr;
}

std::string_view up_to_zero(ByteView bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.substr(0, text.find('\0'));
}

}  // namespace

ElementBytes::ElementBytes(hid_t dataset)
    : id_(dataset), file_(image_of(dataset)), header_(structure::read_object_header(file_, header_of(dataset))) {
  structure::NamedTypes named(file_);
  stored_ = structure::read_dataset(file_, header_, named);
}

void ElementBytes::read(const std::function<void(ByteView)>& take) {
  using LayoutClass = structure::Layout::Class;
  const std::size_t n = n_elements();
  if (n == 0) return;
  if (stored_.layout.type == LayoutClass::kCompact) return take(stored_.layout.values.first(n * stored_.type.size));
  if (stored_.layout.type == LayoutClass::kContiguous && stored_.layout.address != structure::kUndefined) {
    return read_contiguous(take);
  }
  const std::size_t n_read = read_chunks(take);
  if (n_read == n) return;
  if (stored_.type.has_heap_references) {
    throw error_at(id_, {.found = "its text was never written", .next_step = kWriteAgain});
  }
  read_through_hdf5(n_read, take);
}

void ElementBytes::read_contiguous(const std::function<void(ByteView)>& take) {
  const std::size_t size = stored_.type.size, n = n_elements();
  for (std::size_t begin = 0; begin < n; begin += kElementsAtOnce) {
    const std::size_t n_bytes = std::min(kElementsAtOnce, n - begin) * size;
    take(file_.read(stored_.layout.address + begin * size, n_bytes, "text"));
  }
}

std::size_t ElementBytes::read_chunks(const std::function<void(ByteView)>& take) {
  const std::size_t size = stored_.type.size, n = n_elements();
  const ChunkDecoder decoder(id_, size);
  if (!decoder.knows_filters()) return 0;
  const auto chunk = static_cast<std::size_t>(decoder.chunk_elements());
  std::vector<std::byte> elements(chunk * size);
  ChunkDecoder::Scratch scratch;
  for (std::size_t begin = 0; begin < n; begin += chunk) {
    if (!decoder.decode(static_cast<std::int64_t>(begin), elements, scratch)) return begin;
    take(std::span(elements).first(std::min(chunk, n - begin) * size));
  }
  return n;
}

void ElementBytes::read_through_hdf5(std::size_t first, const std::function<void(ByteView)>& take) {
  const std::size_t size = stored_.type.size, n = n_elements();
  const Handle type = owned(H5Dget_type(id_), id_, "its type is damaged");
  SCTAB_ASSERT(H5Tget_size(type.id()) == size);
  const bool is_scalar = stored_.space.extent.empty();
  std::vector<std::byte> elements;
  for (std::size_t begin = first; begin < n; begin += kElementsAtOnce) {
    const auto length = static_cast<hsize_t>(std::min(kElementsAtOnce, n - begin));
    const auto offset = static_cast<hsize_t>(begin);
    const Handle from = owned(H5Dget_space(id_), id_, "its size is damaged");
    if (!is_scalar) (void)H5Sselect_hyperslab(from.id(), H5S_SELECT_SET, &offset, nullptr, &length, nullptr);
    const Handle to(H5Screate_simple(1, &length, nullptr));
    elements.resize(length * size);
    checked(H5Dread(id_, type.id(), to.id(), from.id(), H5P_DEFAULT, elements.data()), id_, "it cannot be read");
    take(elements);
  }
}

std::string_view TextDecoder::decode(ByteView element) {
  std::string_view text = is_variable_ ? in_heap(element) : up_to_zero(element);
  if (!is_variable_ && is_padded_) text = text.substr(0, text.find_last_not_of(' ') + 1);
  n_bytes_ += text.size();
  structure::require_affordable_texts(bytes_.file(), n_bytes_);
  return text;
}

std::string_view TextDecoder::in_heap(ByteView reference) {
  const structure::HeapReference place = bytes_.heap().decode(reference);
  if (place.is_empty()) return {};
  const ByteView object = bytes_.heap().object(place);
  if (object.size() < place.length) {
    bytes_.file().fail("text", place.collection, "it is shorter than the reference to it says");
  }
  return up_to_zero(object.first(place.length));
}

}  // namespace sctab::hdf5
