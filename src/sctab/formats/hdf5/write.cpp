#include "sctab/formats/hdf5/write.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "sctab/formats/hdf5/chunk_writer.hpp"

namespace sctab::hdf5 {
namespace {

constexpr std::int64_t kTextsPerWrite = 1 << 16;
constexpr std::int64_t kChunkElements = 1 << 16;

/// Writes an attribute; `space` may be scalar or one-dimensional.
void set_attribute(hid_t object, const char* name, const Handle& type, const Handle& space, const void* values) {
  const std::string what = fmt::format("the attribute '{}' cannot be written", name);
  if (H5Aexists(object, name) > 0) checked(H5Adelete(object, name), object, what, kFreeSpace);
  const Handle attribute =
      owned(H5Acreate2(object, name, type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT), object, what, kFreeSpace);
  if (H5Sget_simple_extent_npoints(space.id()) == 0) return;
  checked(H5Awrite(attribute.id(), type.id(), values), object, what, kFreeSpace);
}

Handle simple_space(std::size_t n) {
  const auto extent = static_cast<hsize_t>(n);
  return Handle(H5Screate_simple(1, &extent, nullptr));
}

Handle create_dataset(hid_t parent, std::string_view name, hid_t type, const Handle& space) {
  const std::string path(name);
  const Handle layout = timeless_dataset();
  return owned(H5Dcreate2(parent, path.c_str(), type, space.id(), H5P_DEFAULT, layout.id(), H5P_DEFAULT), parent,
               fmt::format("'{}' cannot be written", name), kFreeSpace);
}

std::vector<const char*> pointers(const formats::Strings& texts, std::size_t begin, std::size_t n) {
  std::vector<const char*> out;
  for (std::size_t i = begin; i < begin + n; ++i) out.push_back(texts[i].c_str());
  return out;
}

using nlohmann::json;

template <typename T>
void write_list(hid_t parent, std::string_view name, hid_t type, const json& list, Encoding encoding) {
  std::vector<T> values;
  for (const json& item : list) values.push_back(item.get<T>());
  (void)write_array(parent, name, type, std::as_bytes(std::span(values)), encoding);
}

void write_list(hid_t parent, std::string_view name, const json& list, Encoding encoding) {
  const auto all = [&list](auto is) { return std::all_of(list.begin(), list.end(), is); };
  if (all([](const json& item) { return item.is_string(); }) && !list.empty()) {
    (void)write_texts(parent, name, list.get<formats::Strings>(), encoding);
  } else if (all([](const json& item) { return item.is_boolean(); }) && !list.empty()) {
    write_list<std::uint8_t>(parent, name, boolean_type().id(), list, encoding);
  } else if (all([](const json& item) { return item.is_number_integer(); }) && !list.empty()) {
    write_list<std::int64_t>(parent, name, H5T_NATIVE_INT64, list, encoding);
  } else if (all([](const json& item) { return item.is_number(); })) {
    write_list<double>(parent, name, H5T_NATIVE_DOUBLE, list, encoding);
  } else {
    throw std::logic_error(fmt::format("'{}': an array of one kind of value was expected: {}", name, list.dump()));
  }
}

}  // namespace

Handle text_type() {
  Handle type(H5Tcopy(H5T_C_S1));
  (void)H5Tset_size(type.id(), H5T_VARIABLE);
  (void)H5Tset_cset(type.id(), H5T_CSET_UTF8);
  return type;
}

Handle boolean_type() {
  Handle type(H5Tenum_create(H5T_NATIVE_INT8));
  const std::int8_t no = 0;
  const std::int8_t yes = 1;
  (void)H5Tenum_insert(type.id(), "FALSE", &no);
  (void)H5Tenum_insert(type.id(), "TRUE", &yes);
  return type;
}

void set_text(hid_t object, const char* name, std::string_view text) {
  const std::string copy(text);
  const char* pointer = copy.c_str();
  set_attribute(object, name, text_type(), Handle(H5Screate(H5S_SCALAR)), &pointer);
}

void set_texts(hid_t object, const char* name, const formats::Strings& texts) {
  set_attribute(object, name, text_type(), simple_space(texts.size()), pointers(texts, 0, texts.size()).data());
}

void set_integers(hid_t object, const char* name, std::span<const std::int64_t> values) {
  set_attribute(object, name, Handle(H5Tcopy(H5T_NATIVE_INT64)), simple_space(values.size()), values.data());
}

void set_boolean(hid_t object, const char* name, bool value) {
  const auto stored = static_cast<std::int8_t>(value);
  set_attribute(object, name, boolean_type(), Handle(H5Screate(H5S_SCALAR)), &stored);
}

void mark(hid_t object, std::string_view encoding_type, std::string_view encoding_version) {
  set_text(object, "encoding-type", encoding_type);
  set_text(object, "encoding-version", encoding_version);
}

void mark(hid_t object, Encoding encoding, std::string_view encoding_type, std::string_view encoding_version) {
  if (encoding == Encoding::kCurrent) mark(object, encoding_type, encoding_version);
}

Handle write_array(hid_t parent, std::string_view name, hid_t type, std::span<const std::byte> values,
                   Encoding encoding) {
  const auto n = static_cast<std::int64_t>(values.size() / H5Tget_size(type));
  ChunkWriter writer(parent, name, type, {.chunk_rows = std::clamp<std::int64_t>(n, 1, kChunkElements)});
  writer.append(values);
  Handle dataset = writer.finish();
  mark(dataset.id(), encoding, "array", "0.2.0");
  return dataset;
}

Handle write_texts(hid_t parent, std::string_view name, const formats::Strings& texts, Encoding encoding) {
  const Handle type = text_type();
  Handle dataset = create_dataset(parent, name, type.id(), simple_space(texts.size()));
  const auto total = static_cast<std::int64_t>(texts.size());
  for (std::int64_t begin = 0; begin < total; begin += kTextsPerWrite) {
    const auto count = static_cast<hsize_t>(std::min(kTextsPerWrite, total - begin));
    const auto offset = static_cast<hsize_t>(begin);
    const Handle to(H5Dget_space(dataset.id()));
    (void)H5Sselect_hyperslab(to.id(), H5S_SELECT_SET, &offset, nullptr, &count, nullptr);
    const Handle from = simple_space(count);
    const auto block = pointers(texts, offset, count);
    checked(H5Dwrite(dataset.id(), type.id(), from.id(), to.id(), H5P_DEFAULT, block.data()), dataset.id(),
            "cannot be written", kFreeSpace);
  }
  mark(dataset.id(), encoding, "string-array", "0.2.0");
  return dataset;
}

void write_text(hid_t parent, std::string_view name, std::string_view text, Encoding encoding) {
  const Handle type = text_type();
  const Handle dataset = create_dataset(parent, name, type.id(), Handle(H5Screate(H5S_SCALAR)));
  const std::string copy(text);
  const char* pointer = copy.c_str();
  checked(H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &pointer), dataset.id(), "cannot be written",
          kFreeSpace);
  mark(dataset.id(), encoding, "string", "0.2.0");
}

void write_number(hid_t parent, std::string_view name, hid_t type, const void* value, Encoding encoding) {
  const Handle dataset = create_dataset(parent, name, type, Handle(H5Screate(H5S_SCALAR)));
  checked(H5Dwrite(dataset.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value), dataset.id(), "cannot be written",
          kFreeSpace);
  mark(dataset.id(), encoding, "numeric-scalar", "0.2.0");
}

Handle create_mapping(hid_t parent, std::string_view name, Encoding encoding) {
  Handle group = create_group(parent, name);
  mark(group.id(), encoding, "dict", "0.1.0");
  return group;
}

void write_json_value(hid_t parent, std::string_view name, const json& value, Encoding encoding) {
  switch (value.type()) {
    case json::value_t::object: {
      const Handle group = create_mapping(parent, name, encoding);
      for (const auto& [key, item] : value.items()) write_json_value(group.id(), key, item, encoding);
      return;
    }
    case json::value_t::array:
      return write_list(parent, name, value, encoding);
    case json::value_t::string:
      return write_text(parent, name, value.get_ref<const std::string&>(), encoding);
    case json::value_t::boolean: {
      const auto stored = static_cast<std::int8_t>(value.get<bool>());
      return write_number(parent, name, boolean_type().id(), &stored, encoding);
    }
    case json::value_t::number_unsigned:
      if (const auto large = value.get<std::uint64_t>(); std::cmp_greater(large, INT64_MAX)) {
        return write_number(parent, name, H5T_NATIVE_UINT64, &large, encoding);
      }
      [[fallthrough]];
    case json::value_t::number_integer: {
      const auto stored = value.get<std::int64_t>();
      return write_number(parent, name, H5T_NATIVE_INT64, &stored, encoding);
    }
    case json::value_t::number_float: {
      const auto stored = value.get<double>();
      return write_number(parent, name, H5T_NATIVE_DOUBLE, &stored, encoding);
    }
    default:
      throw std::logic_error(fmt::format("'{}': {} cannot be written", name, value.dump()));
  }
}

}  // namespace sctab::hdf5
