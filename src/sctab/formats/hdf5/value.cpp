#include "sctab/formats/hdf5/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <string_view>

#include "sctab/core/error.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/text_file.hpp"
#include "sctab/formats/hdf5/filters.hpp"

namespace sctab::hdf5 {
namespace {

Number integer_number(std::size_t size, bool is_signed) {
  if (size <= 1) return is_signed ? Number::kInt8 : Number::kUint8;
  if (size <= 2) return is_signed ? Number::kInt16 : Number::kUint16;
  if (size <= 4) return is_signed ? Number::kInt32 : Number::kUint32;
  return is_signed ? Number::kInt64 : Number::kUint64;
}

hid_t native_type(Number number) {
  const std::array<hid_t, 10> types = {H5T_NATIVE_INT8,  H5T_NATIVE_UINT8,  H5T_NATIVE_INT16, H5T_NATIVE_UINT16,
                                       H5T_NATIVE_INT32, H5T_NATIVE_UINT32, H5T_NATIVE_INT64, H5T_NATIVE_UINT64,
                                       H5T_NATIVE_FLOAT, H5T_NATIVE_DOUBLE};  // in the order of Number
  return types.at(static_cast<std::size_t>(number));
}

ElementType number_type(Number number, hid_t file_type) {
  ElementType type;
  type.kind = ElementType::Kind::kNumber;
  type.number = number;
  type.size = visit_number(number, [](auto value) { return sizeof(value); });
  type.in_memory = Handle(H5Tcopy(native_type(number)));
  type.stored_as_is = H5Tequal(file_type, type.in_memory.id()) > 0;
  return type;
}

/// A numpy bool as h5py stores it: an enumeration over one byte, FALSE and TRUE.
ElementType boolean_element(hid_t file_type) {
  ElementType type;
  const Handle base(H5Tget_super(file_type));
  if (!base || H5Tget_class(base.id()) != H5T_INTEGER || H5Tget_size(base.id()) != 1) return type;
  type.kind = ElementType::Kind::kBoolean;
  type.number = Number::kInt8;
  type.size = 1;
  type.in_memory = Handle(H5Tcopy(file_type));
  type.stored_as_is = true;
  return type;
}

/// The type to read text by: our own, so that a damaged type in the file cannot decide how our memory is laid out.
ElementType text_type(hid_t file_type) {
  ElementType type;
  type.kind = ElementType::Kind::kText;
  type.in_memory = Handle(H5Tcopy(H5T_C_S1));
  const bool variable = H5Tis_variable_str(file_type) > 0;
  (void)H5Tset_size(type.in_memory.id(), variable ? H5T_VARIABLE : H5Tget_size(file_type));
  (void)H5Tset_cset(type.in_memory.id(), H5Tget_cset(file_type));
  (void)H5Tset_strpad(type.in_memory.id(), H5Tget_strpad(file_type));
  type.size = H5Tget_size(type.in_memory.id());
  return type;
}

std::int64_t element_count(hid_t space) {
  return static_cast<std::int64_t>(H5Sget_simple_extent_npoints(space));
}

Handle open_attribute(hid_t object, const char* name) {
  return owned(H5Aopen(object, name, H5P_DEFAULT), object, fmt::format("the attribute '{}' is damaged", name));
}

std::int64_t attribute_size(hid_t attribute) {
  const Handle space(H5Aget_space(attribute));
  return space ? std::max<std::int64_t>(element_count(space.id()), 0) : 0;
}

/// `read` fills memory for n texts of `type`, those of an attribute; they are appended to `out`.
void append_texts(std::int64_t n, hid_t type, hid_t object, const std::function<herr_t(void*)>& read,
                  formats::Strings& out) {
  if (n == 0) return;
  const auto count = static_cast<std::size_t>(n);
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> texts(count, nullptr);
    // Where this fails HDF5 leaves no telling which of the pointers are real: they cannot be freed.
    checked(read(texts.data()), object, "text cannot be read");
    for (char* text : texts) {
      out.emplace_back(text == nullptr ? "" : text);
      (void)H5free_memory(text);
    }
    return;
  }
  const std::size_t size = H5Tget_size(type);
  const bool padded = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
  std::vector<char> bytes(count * size);
  checked(read(bytes.data()), object, "text cannot be read");
  for (std::size_t i = 0; i < count; ++i) {
    std::string_view text(bytes.data() + i * size, size);
    text = text.substr(0, text.find('\0'));
    out.emplace_back(padded ? text.substr(0, text.find_last_not_of(' ') + 1) : text);
  }
}

}  // namespace

ElementType describe_type(hid_t file_type) {
  const std::size_t size = H5Tget_size(file_type);
  switch (H5Tget_class(file_type)) {
    case H5T_INTEGER:
      if (size > 8) return {};
      return number_type(integer_number(size, H5Tget_sign(file_type) == H5T_SGN_2), file_type);
    case H5T_FLOAT:
      return number_type(size <= 4 ? Number::kFloat32 : Number::kFloat64, file_type);
    case H5T_ENUM:
      return boolean_element(file_type);
    case H5T_STRING:
      return text_type(file_type);
    default:
      return {};
  }
}

ElementType element_type(hid_t dataset) {
  Handle in_file = owned(H5Dget_type(dataset), dataset, "its type is damaged");
  ElementType type = describe_type(in_file.id());
  type.in_file = std::move(in_file);
  return type;
}

std::size_t stored_size(const ElementType& type) {
  return H5Tget_size(type.in_file.id());
}

void convert_stored(hid_t dataset, const ElementType& type, std::size_t n, std::span<std::byte> bytes) {
  SCTAB_ASSERT(bytes.size() >= n * std::max(type.size, stored_size(type)));
  const Lock lock;
  checked(H5Tconvert(type.in_file.id(), type.in_memory.id(), n, bytes.data(), nullptr, H5P_DEFAULT), dataset,
          "its numbers cannot be converted");
}

std::vector<std::int64_t> dimensions(hid_t dataset) {
  const Handle space = owned(H5Dget_space(dataset), dataset, "its size is damaged");
  const int rank = checked(H5Sget_simple_extent_ndims(space.id()), dataset, "its size is damaged");
  std::vector<hsize_t> extent(static_cast<std::size_t>(rank));
  checked(H5Sget_simple_extent_dims(space.id(), extent.data(), nullptr), dataset, "its size is damaged");
  std::vector<std::int64_t> result;
  for (const hsize_t n : extent) {
    if (!std::in_range<std::int64_t>(n)) throw_hdf5_error(dataset, "its size is damaged");
    result.push_back(static_cast<std::int64_t>(n));
  }
  return result;
}

void check_plausible_size(hid_t dataset) {
  constexpr double kAlwaysAllowed = 64e6;  // for small tables
  const Handle type = owned(H5Dget_type(dataset), dataset, "its type is damaged");
  const auto size = static_cast<double>(H5Tget_size(type.id()));
  double declared = size;
  for (const std::int64_t n : dimensions(dataset)) declared *= static_cast<double>(n);
  const Handle layout = owned(H5Dget_create_plist(dataset), dataset, "its layout is damaged");
  double chunk = size;
  if (H5Pget_layout(layout.id()) == H5D_CHUNKED) {
    hsize_t extent[H5S_MAX_RANK];
    const int rank = checked(H5Pget_chunk(layout.id(), H5S_MAX_RANK, extent), dataset, "its chunks are damaged");
    for (int i = 0; i < rank; ++i) chunk *= static_cast<double>(extent[i]);
  }
  // A chunk is read whole; more values than fit may be read piece by piece.
  constexpr double kMostBytes = 1e18;
  core::require_memory(static_cast<std::int64_t>(std::min(chunk, kMostBytes)), 1, place_of(dataset));
  hsize_t file_size = 0;
  const Handle file(H5Iget_file_id(dataset));
  checked(H5Fget_filesize(file.id(), &file_size), dataset, "its file's size is unknown");
  const auto stored = static_cast<double>(std::min<hsize_t>(H5Dget_storage_size(dataset), file_size));
  if (std::max(declared, chunk) > stored * most_expansion(filters_of(dataset)) + kAlwaysAllowed) {
    throw error_at(dataset, {.found = fmt::format("declares {:.0f} bytes of values, but the file holds {:.0f} of them",
                                                  std::max(declared, chunk), stored),
                             .next_step = kCopyAgain});
  }
}

bool has_attribute(hid_t object, const char* name) {
  return H5Aexists(object, name) > 0;
}

std::string text_attribute(hid_t object, const char* name) {
  const formats::Strings texts = texts_attribute(object, name);
  return texts.size() == 1 ? texts.front() : std::string();
}

formats::Strings texts_attribute(hid_t object, const char* name) {
  formats::Strings out;
  if (!has_attribute(object, name)) return out;
  const Handle attribute = open_attribute(object, name);
  const Handle in_file(H5Aget_type(attribute.id()));
  const ElementType type = describe_type(in_file.id());
  if (type.kind != ElementType::Kind::kText) return out;
  const auto read = [&](void* memory) { return H5Aread(attribute.id(), type.in_memory.id(), memory); };
  append_texts(attribute_size(attribute.id()), type.in_memory.id(), object, read, out);
  if (!std::ranges::all_of(out, core::is_utf8)) {
    throw error_at(object,
                   {.found = fmt::format("the attribute '{}' is not UTF-8 text", name), .next_step = kWriteAgain});
  }
  return out;
}

std::vector<std::int64_t> integers_attribute(hid_t object, const char* name) {
  if (!has_attribute(object, name)) return {};
  const Handle attribute = open_attribute(object, name);
  const Handle in_file(H5Aget_type(attribute.id()));
  const ElementType type = describe_type(in_file.id());
  if (type.kind != ElementType::Kind::kNumber && type.kind != ElementType::Kind::kBoolean) return {};
  const auto count = static_cast<std::size_t>(attribute_size(attribute.id()));
  std::vector<std::int64_t> out(count);
  if (out.empty()) return out;
  visit_number(type.number, [&](auto kind) {
    std::vector<decltype(kind)> values(count);
    checked(H5Aread(attribute.id(), type.in_memory.id(), values.data()), object,
            fmt::format("the attribute '{}' is damaged", name));
    std::transform(values.begin(), values.end(), out.begin(),
                   [](auto value) { return convert_number<std::int64_t>(value); });
  });
  return out;
}

std::optional<bool> boolean_attribute(hid_t object, const char* name) {
  const auto values = integers_attribute(object, name);
  return values.size() == 1 ? std::optional<bool>(values.front() != 0) : std::nullopt;
}

}  // namespace sctab::hdf5
