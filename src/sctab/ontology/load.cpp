#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/ontology/obo.hpp"
#include "sctab/ontology/ontology.hpp"

namespace sctab::ontology {
namespace {

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) {
    throw core::InputError(
        fmt::format("{}: no such file, or it cannot be read; expected the Cell Ontology as obo or "
                    "json",
                    path.string()));
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Length of the UTF-8 character that `text` begins with; 0 where it begins with none, or with a control character
/// that no text file has.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first >= 0x20 || first == '\n' || first == '\r' || first == '\t' || first == '\f' ? 1 : 0;
  const std::size_t length = first >= 0xC2 && first < 0xE0   ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool beyond = (first == 0xED && byte(1) >= 0xA0) || (first == 0xF4 && byte(1) >= 0x90);
  return overlong || beyond ? 0 : length;
}

void require_text(std::string_view text, const std::string& source) {
  if (text.starts_with("\x1f\x8b")) {
    throw core::InputError(fmt::format("{}: gzip-compressed, expected plain text; unpack it with gunzip", source));
  }
  std::int64_t line = 1;
  for (std::size_t i = 0; i < text.size();) {
    const auto length = utf8_length(text.substr(i));
    if (length == 0) {
      throw core::InputError(
          fmt::format("{}: line {}: byte {} is not UTF-8 text, expected an obo or json file; is the "
                      "file damaged, or of another kind?",
                      source, line, i));
    }
    if (text[i] == '\n') ++line;
    i += length;
  }
}

}  // namespace

Ontology Ontology::load(const std::filesystem::path& path) {
  const std::string content = read_text(path);
  const std::string source = path.string();
  require_text(content, source);
  std::string_view text = content;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto first = text.find_first_not_of(" \t\r\n");
  const char kind = first == std::string_view::npos ? '\0' : text[first];
  if (kind == '{') return from_json(core::read_json(path), source);
  if (kind == '<') {
    throw core::InputError(
        fmt::format("{}: line 1: XML, expected obo or json; the Cell Ontology's authors publish "
                    "cl-basic.obo and cl.json beside cl.owl",
                    source));
  }
  auto list = parse_obo(text, source);
  return Ontology(list.take(), list.version);
}

}  // namespace sctab::ontology
