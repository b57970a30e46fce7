#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sctab::tests {

/// What is wrong with a piece of XML, or of HTML written like it. Empty if tags are closed in order, attributes are
/// quoted and each & starts one of the five entities. unclosed: tags that HTML does not close.
inline std::string fault_of_markup(std::string_view text, const std::vector<std::string>& unclosed = {}) {
  std::vector<std::string> open;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '&') {
      bool known = false;
      for (const char* entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"}) {
        known = known || text.substr(at).starts_with(entity);
      }
      if (!known) return "a bare & at " + std::string(text.substr(at, 20));
    }
    if (text[at] == '>') return "a bare > before " + std::string(text.substr(at, 40));
    if (text[at] != '<') continue;
    const std::size_t begin = at + 1;
    bool quoted = false;
    for (++at; at < text.size() && (quoted || text[at] != '>'); ++at) {
      if (text[at] == '"') quoted = !quoted;
      if (text[at] == '<') return "a < within the tag " + std::string(text.substr(begin, 40));
    }
    if (at == text.size()) return "an unended tag " + std::string(text.substr(begin, 40));
    const std::string_view tag = text.substr(begin, at - begin);
    const std::string name(tag.substr(0, tag.find_first_of(" />\n", 1)));
    if (tag.front() == '/') {
      if (open.empty() || open.back() != name.substr(1)) return "a stray " + name;
      open.pop_back();
      continue;
    }
    bool closes = tag.back() == '/' || tag.front() == '!';
    for (const auto& lonely : unclosed) closes = closes || name == lonely;
    if (!closes) open.push_back(name);
  }
  return open.empty() ? "" : "never closed: " + open.back();
}

/// How often `part` occurs in `text`.
inline std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

}  // namespace sctab::tests
