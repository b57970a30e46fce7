#include "sctab/formats/hdf5/text_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/text_file.hpp"
#include "sctab/formats/hdf5/chunk_decoder.hpp"
#include "sctab/formats/hdf5/handle.hpp"
#include "sctab/formats/hdf5/structure/dataset.hpp"
#include "sctab/formats/hdf5/structure/global_heap.hpp"
#include "sctab/formats/hdf5/value.hpp"

namespace sctab::hdf5 {
namespace {

using structure::ByteView;
using structure::FileImage;

std::uint64_t header_of(hid_t object) {
  H5O_info_t info;
  checked(H5Oget_info2(object, &info, H5O_INFO_BASIC), object, "its address cannot be read");
  return info.addr;
}

/// The texts of a dataset that `header` describes, from its bytes: libhdf5 only fetches chunks.
class TextDataset {
 public:
  explicit TextDataset(hid_t dataset)
      : id_(dataset), file_(image_of(dataset)), header_(structure::read_object_header(file_, header_of(dataset))) {
    structure::NamedTypes named(file_);
    stored_ = structure::read_dataset(file_, header_, named);
  }

  formats::Strings read() {
    const auto n = static_cast<std::size_t>(stored_.space.n_elements);
    texts_.reserve(n);
    if (n == 0) return {};
    const bool is_variable = stored_.type.type == structure::Datatype::Class::kVariable;
    if (stored_.layout.type == structure::Layout::Class::kCompact) {
      append(stored_.layout.values.first(n * stored_.type.size));
    } else if (stored_.layout.type == structure::Layout::Class::kContiguous &&
               stored_.layout.address != structure::kUndefined) {
      append_contiguous(n);
    } else if (!append_chunks(n)) {
      texts_.clear();
      if (is_variable) refuse_unread();
      read_through_hdf5(n);
    }
    return std::move(texts_);
  }

 private:
  static constexpr std::size_t kTextsAtOnce = 1 << 16;

  void append_contiguous(std::size_t n) {
    const std::size_t size = stored_.type.size;
    for (std::size_t begin = 0; begin < n; begin += kTextsAtOnce) {
      const std::size_t n_bytes = std::min(kTextsAtOnce, n - begin) * size;
      append(file_.read(stored_.layout.address + begin * size, n_bytes, "text"));
    }
  }

  /// False where there are no chunks.
  bool append_chunks(std::size_t n) {
    const ChunkDecoder decoder(id_, stored_.type.size);
    if (!decoder.knows_filters()) return false;
    const auto chunk = static_cast<std::size_t>(decoder.chunk_elements());
    std::vector<std::byte> elements(chunk * stored_.type.size);
    ChunkDecoder::Scratch scratch;
    for (std::size_t begin = 0; begin < n; begin += chunk) {
      if (!decoder.decode(static_cast<std::int64_t>(begin), elements, scratch)) return false;
      append(std::span(elements).first(std::min(chunk, n - begin) * stored_.type.size));
    }
    return true;
  }

  [[noreturn]] void refuse_unread() const {
    throw error_at(id_, {.found = "its text was never written", .next_step = kWriteAgain});
  }

  void append(ByteView elements) {
    const std::size_t size = stored_.type.size;
    const bool is_variable = stored_.type.type == structure::Datatype::Class::kVariable;
    for (std::size_t at = 0; at < elements.size(); at += size) {
      const std::string_view text =
          is_variable ? text_of(elements.subspan(at, size)) : fixed(elements.subspan(at, size));
      n_bytes_ += text.size();
      structure::require_affordable_texts(file_, n_bytes_);
      texts_.emplace_back(text);
    }
  }

  std::string_view text_of(ByteView reference) {
    const structure::HeapReference place = heap_.decode(reference);
    if (place.is_empty()) return {};
    const ByteView object = heap_.object(place);
    if (object.size() < place.length) {
      file_.fail("text", place.collection, "it is shorter than the reference to it says");
    }
    return up_to_zero(object.first(place.length));
  }

  [[nodiscard]] std::string_view fixed(ByteView element) const {
    const std::string_view text = up_to_zero(element);
    return is_padded_ ? text.substr(0, text.find_last_not_of(' ') + 1) : text;
  }

  static std::string_view up_to_zero(ByteView bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return text.substr(0, text.find('\0'));
  }

  void read_through_hdf5(std::size_t n) {
    const ElementType type = element_type(id_);
    const bool is_scalar = stored_.space.extent.empty();
    std::vector<std::byte> elements;
    for (std::size_t begin = 0; begin < n; begin += kTextsAtOnce) {
      const auto length = static_cast<hsize_t>(std::min(kTextsAtOnce, n - begin));
      const auto offset = static_cast<hsize_t>(begin);
      const Handle from = owned(H5Dget_space(id_), id_, "its size is damaged");
      if (!is_scalar) (void)H5Sselect_hyperslab(from.id(), H5S_SELECT_SET, &offset, nullptr, &length, nullptr);
      const Handle to(H5Screate_simple(1, &length, nullptr));
      elements.resize(length * stored_.type.size);
      checked(H5Dread(id_, type.in_memory.id(), to.id(), from.id(), H5P_DEFAULT, elements.data()), id_,
              "text cannot be read");
      append(elements);
    }
  }

  hid_t id_;
  FileImage file_;
  structure::ObjectHeader header_;
  structure::Dataset stored_;
  structure::GlobalHeap heap_{file_};
  bool is_padded_ = H5Tget_strpad(element_type(id_).in_memory.id()) == H5T_STR_SPACEPAD;
  std::uint64_t n_bytes_ = 0;
  formats::Strings texts_;
};

void require_utf8(hid_t dataset, std::string_view counted, const formats::Strings& texts) {
  const auto bad = std::ranges::find_if_not(texts, core::is_utf8);
  if (bad == texts.end()) return;
  throw error_at(dataset, {.found = fmt::format("{} {} (counted from 0) holds \"{}\", which is not UTF-8 text", counted,
                                                bad - texts.begin(), core::printable(*bad)),
                           .next_step = "write the file again with text in UTF-8, or without it"});
}

}  // namespace

formats::Strings read_texts(hid_t dataset, std::string_view counted) {
  const ElementType type = element_type(dataset);
  if (type.kind != ElementType::Kind::kText || dimensions(dataset).size() > 1) {
    throw error_at(dataset, {.found = "does not hold a single column of text", .next_step = kWriteAgain});
  }
  check_plausible_size(dataset);
  formats::Strings texts;
  try {
    texts = TextDataset(dataset).read();
  } catch (const core::InputError& error) {
    throw error.within(place_of(dataset));
  }
  require_utf8(dataset, counted, texts);
  return texts;
}

}  // namespace sctab::hdf5
