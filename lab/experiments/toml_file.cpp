// The only file that sees the TOML library: its header takes ten seconds to compile.
#include <fmt/format.h>
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "lab/experiments/settings_reader.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/core/text_file.hpp"

namespace sctab::experiments {
namespace {

using nlohmann::json;

constexpr int kMostDots = 100;

/// The dots of the longest "a.b.c", each of which makes a table within a table: the library and convert() recurse.
int longest_dotted_key(const std::string& text) {
  int dots = 0, most = 0;
  char before = '.';
  for (const char c : text) {
    const bool is_of_key = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                           std::string_view("_-\"' \t").find(c) != std::string_view::npos;
    if (c == '.' && before != '.') {
      most = std::max(most, ++dots);
    } else if (!is_of_key) {
      dots = 0;
    }
    before = c;
  }
  return most;
}

json convert(const toml::node& node, const json::json_pointer& at, const std::string& source, TomlFile& file) {
  const auto line = static_cast<std::int64_t>(node.source().begin.line);
  file.lines.emplace(at.to_string(), line);  // the entry of a table has its key's
  if (const auto* table = node.as_table()) {
    json converted = json::object();
    for (const auto& [key, value] : *table) {
      const std::string name(key.str());
      file.lines.emplace((at / name).to_string(), static_cast<std::int64_t>(key.source().begin.line));
      converted[name] = convert(value, at / name, source, file);
    }
    return converted;
  }
  if (const auto* list = node.as_array()) {
    json converted = json::array();
    for (const toml::node& value : *list) converted.push_back(convert(value, at / converted.size(), source, file));
    return converted;
  }
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* whole = node.as_integer()) return whole->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  throw core::InputError({.file = source,
                          .line = line,
                          .found = "a date or time, which recipes do not use",
                          .next_step = "put it in quotes if it is a name"});
}

}  // namespace

TomlFile read_toml(const std::filesystem::path& path) {
  constexpr std::uint64_t kMostBytes = 1 << 20;
  const std::string text = core::checked_text(
      core::read_input(path, {.next_step = "give a recipe, such as those in recipes/"}, kMostBytes), path, "a recipe");
  if (longest_dotted_key(text) > kMostDots) {
    throw core::InputError({.file = path.string(), .found = fmt::format("has a key with over {} dots", kMostDots)});
  }
  try {
    TomlFile read;
    read.value = convert(toml::parse(text, path.string()), json::json_pointer(), path.string(), read);
    return read;
  } catch (const toml::parse_error& error) {
    throw core::InputError({.file = path.string(),
                            .line = static_cast<std::int64_t>(error.source().begin.line),
                            .found = fmt::format("not valid TOML: {}", error.description())});
  }
}

}  // namespace sctab::experiments
