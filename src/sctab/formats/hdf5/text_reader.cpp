#include "sctab/formats/hdf5/text_reader.hpp"

#include <cstddef>
#include <string_view>

#include "sctab/core/error.hpp"
#include "sctab/formats/arrays/utf8_texts.hpp"
#include "sctab/formats/hdf5/element_bytes.hpp"
#include "sctab/formats/hdf5/handle.hpp"
#include "sctab/formats/hdf5/value.hpp"

namespace sctab::hdf5 {
namespace {

formats::Strings decode_texts(hid_t dataset) {
  ElementBytes bytes(dataset);
  const std::size_t size = bytes.type().size;
  const bool is_variable = bytes.type().type == structure::Datatype::Class::kVariable;
  const bool is_padded = H5Tget_strpad(element_type(dataset).in_memory.id()) == H5T_STR_SPACEPAD;
  TextDecoder decoder(bytes, is_variable, is_padded);
  formats::Strings texts;
  texts.reserve(bytes.n_elements());
  bytes.read([&](structure::ByteView elements) {
    for (std::size_t at = 0; at < elements.size(); at += size) {
      texts.emplace_back(decoder.decode(elements.subspan(at, size)));
    }
  });
  return texts;
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
    texts = decode_texts(dataset);
  } catch (const core::InputError& error) {
    throw error.within(place_of(dataset));
  }
  arrays::require_utf8(texts, counted, place_of(dataset));
  return texts;
}

}  // namespace sctab::hdf5
