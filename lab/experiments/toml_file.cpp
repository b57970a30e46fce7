// The only file that sees the TOML library: its header takes ten seconds to compile.
#include <fmt/format.h>
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 30
#include <toml++/toml.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "lab/experiments/settings_reader.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/core/text_file.hpp"

namespace sctab::experiments {
namespace {

using nlohmann::json;

// The library and convert() recurse for each level: values within values, and the parts of a dotted key. Recipes
// have 4.
constexpr int kMostDots = 30;

/// Position behind the quoted text that begins at `at`, on one line or, in three quotes, on several.
std::size_t end_of_text(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string three(3, quote);
  const bool is_long = text.substr(at, 3) == three;
  for (std::size_t i = at + (is_long ? 3 : 1); i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (is_long && text.substr(i, 3) == three) {
      return std::min({text.find_first_not_of(quote, i), i + 5, text.size()});  // up to two more are of the text itself
    } else if (!is_long && (text[i] == quote || text[i] == '\n')) {
      return i + 1;
    }
  }
  return text.size();
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Whether a quoted text may begin right after this character.
bool may_precede_text(char c) {
  return std::string_view(" \t\r\n=,[{.").find(c) != std::string_view::npos;
}

/// Whether a backslash in this text, which is in double quotes, is followed by a character that is not ASCII: at once,
/// or after the white space and line breaks that such a backslash skips.
bool continues_beyond_ascii(std::string_view text) {
  for (std::size_t i = text.find('\\'); i < text.size(); i = text.find('\\', i)) {
    const std::size_t next = std::min(text.find_first_not_of(" \t\r\n", i + 1), text.size());
    if (!is_ascii(text.substr(next, 1))) return true;
    i = next == i + 1 ? next + 1 : next;  // an escaped backslash escapes nothing
  }
  return false;
}

/// Keeps from toml++ 3.0 what it mishandles. It tells white space by a table that is undefined for some characters
/// beyond ASCII, and looks characters up wherever a value may end or a text may skip white space. Throws InputError,
/// with the line, at
/// - a key of more than kMostDots dots, "a.'b'.c", since the library recurses for each;
/// - a character that is not ASCII outside of quotes and comments, where TOML has none;
/// - a quote within a word, 1"a", since the library takes the rest for a part of the word;
/// - a quoted key after a dot that is not ASCII, since the library reads 1."é" as a number;
/// - a character that is not ASCII after a backslash.
void require_harmless(std::string_view text, const std::string& path) {
  const auto refuse = [&path](std::int64_t line, std::string found) {
    throw core::InputError(
        {.file = path, .line = line, .found = std::move(found), .expected = "a recipe, such as those in recipes/"});
  };
  std::int64_t line = 1;
  int dots = 0;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    std::size_t next = i + 1;
    if (c == '"' || c == '\'') {
      if (i > 0 && !may_precede_text(text[i - 1])) refuse(line, "a quote within a word");
      next = end_of_text(text, i);
      if (c == '"' && continues_beyond_ascii(text.substr(i, next - i))) {
        refuse(line, "a character that is not ASCII after a backslash");
      }
      const bool is_dotted = i > 0 && text[i - 1] == '.';
      if (is_dotted && !is_ascii(text.substr(i, next - i))) refuse(line, "a dotted key that is not ASCII");
    }
    if (c == '#') next = std::min(text.find('\n', i), text.size());
    if (std::string_view("=,[]{}\n").find(c) != std::string_view::npos) dots = 0;
    if (c == '.' && ++dots > kMostDots) refuse(line, fmt::format("a key with more than {} dots", kMostDots));
    if (!is_ascii(text.substr(i, 1))) refuse(line, "a character outside of quotes that is not ASCII");
    line += std::ranges::count(text.substr(i, next - i), '\n');
    i = next;
  }
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
  require_harmless(text, path.string());
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
