#include "sctab/core/json_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "sctab/core/input_file.hpp"
#include "sctab/core/staged_output.hpp"

namespace sctab::core {
namespace {

using nlohmann::json;

/// The value as it is shown in a message.
std::string shown(const json& value) {
  constexpr std::size_t kMostShown = 40;
  const std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);  // ASCII: it can be cut anywhere
  return text.size() <= kMostShown ? text : text.substr(0, kMostShown) + "...";
}

constexpr int kMostDepth = 100;

/// How deep objects and arrays lie in each other, at most; of JSON with a syntax error, any number.
int depth(std::string_view text) {
  int now = 0, most = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text && c == '\\') ++i;
    if (c == '"') in_text = !in_text;
    if (in_text) continue;
    if (c == '{' || c == '[') most = std::max(most, ++now);
    if (c == '}' || c == ']') --now;
  }
  return most;
}

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};

template <typename T>
std::string expected() {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  if constexpr (std::is_integral_v<T>) return "a whole number";
  if constexpr (std::is_same_v<T, double>) return "a number";
  return IsVector<T>::value ? "an array" : "a text";
}

}  // namespace

json read_json(const std::filesystem::path& path) {
  constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30U;
  return parse_json(read_input(path, {.expansion = 20}, kMostBytes), {.file = path.string()});
}

json parse_json(std::string_view text, const Problem& place) {
  const auto refused = [&place](std::string found) {
    return InputError({.found = std::move(found), .next_step = "check that it is the right file; it may be damaged"})
        .within(place);
  };
  if (depth(text) > kMostDepth) {
    throw refused(fmt::format("has objects and arrays more than {} deep in each other", kMostDepth));
  }
  try {
    return json::parse(text);
  } catch (const json::out_of_range&) {
    throw refused("has a number that is too large for JSON");
  } catch (const json::parse_error& error) {
    throw refused(fmt::format("is not JSON: a syntax error at byte {}", error.byte));
  }
}

json json_number(double value) {
  return std::isnan(value) ? json() : json(value);
}

void write_json(const std::filesystem::path& path, const json& value) {
  write_file_atomically(path, value.dump(1) + "\n");
}

JsonFields::JsonFields(const json& value, Problem place) : object_(&value), place_(std::move(place)) {
  if (!value.is_object()) throw error_at(place_.key, shown(value), "an object");
}

std::string JsonFields::dotted(std::string_view key) const {
  return place_.key.empty() ? std::string(key) : fmt::format("{}.{}", place_.key, key);
}

InputError JsonFields::error_at(std::string key, std::string found, std::string wanted) const {
  Problem problem = place_;
  problem.key = std::move(key);
  problem.found = std::move(found);
  problem.expected = std::move(wanted);
  return InputError(std::move(problem));
}

InputError JsonFields::error(std::string_view key, std::string wanted, std::string found) const {
  if (found.empty()) found = has(key) ? shown(value(key)) : "is missing";
  return error_at(dotted(key), std::move(found), std::move(wanted));
}

bool JsonFields::has(std::string_view key) const {
  const auto found = object_->find(std::string(key));
  return found != object_->end() && !found->is_null();
}

const json& JsonFields::value(std::string_view key) const {
  const auto found = object_->find(std::string(key));
  if (found == object_->end()) throw error_at(dotted(key), "is missing", "a value");
  return *found;
}

JsonFields JsonFields::object(std::string_view key) const {
  if (!has(key)) throw error(key, "an object");
  Problem place = place_;
  place.key = dotted(key);
  return {value(key), std::move(place)};
}

std::vector<JsonFields> JsonFields::objects(std::string_view key) const {
  if (!has(key) || !value(key).is_array()) throw error(key, "an array of objects");
  std::vector<JsonFields> result;
  for (const json& item : value(key)) {
    Problem place = place_;
    place.key = fmt::format("{}[{}]", dotted(key), result.size());
    result.emplace_back(item, std::move(place));
  }
  return result;
}

std::vector<std::string> JsonFields::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object_->items()) keys.push_back(key);
  return keys;
}

template <std::integral T>
T JsonFields::as_integer(const json& value, const std::string& key, T least, T most) const {
  const auto fits = [least, most](auto number) {
    return std::cmp_greater_equal(number, least) && std::cmp_less_equal(number, most);
  };
  if (value.is_number_unsigned() && fits(value.get<std::uint64_t>())) return static_cast<T>(value.get<std::uint64_t>());
  const bool is_signed = value.is_number_integer() && !value.is_number_unsigned();
  if (is_signed && fits(value.get<std::int64_t>())) return static_cast<T>(value.get<std::int64_t>());
  const bool any = least == std::numeric_limits<T>::min() && most == std::numeric_limits<T>::max();
  const bool is_whole = value.is_number_integer();
  throw error_at(key, shown(value), any && !is_whole ? expected<T>() : fmt::format("{} to {}", least, most));
}

template <typename T>
T JsonFields::as(const json& value, const std::string& key) const {
  if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_boolean()) throw error_at(key, shown(value), expected<T>());
    return value.get<bool>();
  } else if constexpr (std::is_integral_v<T>) {
    return as_integer<T>(value, key, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
  } else if constexpr (std::is_same_v<T, double>) {
    if (!value.is_number() || !std::isfinite(value.get<double>())) throw error_at(key, shown(value), expected<T>());
    return value.get<double>();
  } else if constexpr (IsVector<T>::value) {
    if (!value.is_array()) throw error_at(key, shown(value), expected<T>());
    T result;
    for (const json& item : value) {
      result.push_back(as<typename T::value_type>(item, fmt::format("{}[{}]", key, result.size())));
    }
    return result;
  } else {
    static_assert(std::is_same_v<T, std::string>);
    if (!value.is_string()) throw error_at(key, shown(value), expected<T>());
    return value.get<std::string>();
  }
}

template <typename T>
T JsonFields::get(std::string_view key) const {
  if (!has(key)) throw error_at(dotted(key), "is missing", expected<T>());
  return as<T>(value(key), dotted(key));
}

template <typename T>
T JsonFields::get(std::string_view key, std::type_identity_t<T> least, std::type_identity_t<T> most) const {
  if constexpr (std::is_integral_v<T>) {
    if (!has(key)) throw error(key, fmt::format("{} to {}", least, most));
    return as_integer<T>(value(key), dotted(key), least, most);
  } else {
    const T number = get<T>(key);
    if (!(number >= least && number <= most)) throw error(key, fmt::format("{} to {}", least, most));
    return number;
  }
}

template bool JsonFields::get(std::string_view) const;
template std::int32_t JsonFields::get(std::string_view) const;
template std::int64_t JsonFields::get(std::string_view) const;
template std::uint32_t JsonFields::get(std::string_view) const;
template std::uint64_t JsonFields::get(std::string_view) const;
template double JsonFields::get(std::string_view) const;
template std::string JsonFields::get(std::string_view) const;
template std::vector<std::int32_t> JsonFields::get(std::string_view) const;
template std::vector<std::int64_t> JsonFields::get(std::string_view) const;
template std::vector<std::uint64_t> JsonFields::get(std::string_view) const;
template std::vector<double> JsonFields::get(std::string_view) const;
template std::vector<std::string> JsonFields::get(std::string_view) const;
template std::int32_t JsonFields::get<std::int32_t>(std::string_view, std::int32_t, std::int32_t) const;
template std::int64_t JsonFields::get<std::int64_t>(std::string_view, std::int64_t, std::int64_t) const;
template std::uint64_t JsonFields::get<std::uint64_t>(std::string_view, std::uint64_t, std::uint64_t) const;
template double JsonFields::get<double>(std::string_view, double, double) const;

}  // namespace sctab::core
