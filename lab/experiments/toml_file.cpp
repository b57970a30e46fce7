// The only file that sees the TOML library: its header takes ten seconds to compile.
#include <fmt/format.h>
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <fstream>
#include <string>

#include "lab/experiments/setting.hpp"
#include "sctab/core/error.hpp"

namespace sctab::experiments {
namespace {

std::int64_t line_of(const toml::node& node) {
  return static_cast<std::int64_t>(node.source().begin.line);
}

Setting convert(const toml::node& node, const std::string& source) {
  Setting setting{.value = false, .line = line_of(node)};
  if (const auto* table = node.as_table()) {
    Setting::Table converted;
    for (const auto& [key, value] : *table) {
      Setting entry = convert(value, source);
      entry.line = static_cast<std::int64_t>(key.source().begin.line);
      converted.emplace(std::string(key.str()), std::move(entry));
    }
    setting.value = std::move(converted);
  } else if (const auto* list = node.as_array()) {
    Setting::List converted;
    for (const toml::node& value : *list) converted.push_back(convert(value, source));
    setting.value = std::move(converted);
  } else if (const auto* text = node.as_string()) {
    setting.value = text->get();
  } else if (const auto* whole = node.as_integer()) {
    setting.value = whole->get();
  } else if (const auto* number = node.as_floating_point()) {
    setting.value = number->get();
  } else if (const auto* flag = node.as_boolean()) {
    setting.value = flag->get();
  } else {
    throw core::InputError({.file = source,
                            .line = setting.line,
                            .found = "a date or time, which recipes do not use",
                            .next_step = "put it in quotes if it is a name"});
  }
  return setting;
}

}  // namespace

Setting read_toml(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path)) {
    throw core::InputError({.file = path.string(),
                            .found = "no such file, or it cannot be read",
                            .next_step = "give a recipe, such as those in recipes/"});
  }
  try {
    return convert(toml::parse(file, path.string()), path.string());
  } catch (const toml::parse_error& error) {
    throw core::InputError({.file = path.string(),
                            .line = static_cast<std::int64_t>(error.source().begin.line),
                            .found = fmt::format("not valid TOML: {}", error.description())});
  }
}

}  // namespace sctab::experiments
