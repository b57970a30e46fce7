#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "sctab/formats/h5ad/dataframe_writer.hpp"

namespace sctab::h5ad {
namespace {

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
    (void)write_texts(parent, name, list.get<Strings>(), encoding);
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
    case json::value_t::number_integer:
    case json::value_t::number_unsigned: {
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

}  // namespace sctab::h5ad
