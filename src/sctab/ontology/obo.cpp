#include "sctab/ontology/term.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "sctab/core/error.hpp"

namespace sctab::ontology {
namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// Position of the first of `wanted` that no backslash escapes, or text.size().
std::size_t find_unescaped(std::string_view text, char wanted, std::size_t from = 0) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == wanted) return i;
    if (text[i] == '\\') ++i;
  }
  return text.size();
}

std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
      continue;
    }
    const char escaped = text[++i];
    const bool blank = escaped == 'n' || escaped == 't' || escaped == 'W';
    plain += blank ? ' ' : escaped;
  }
  return plain;
}

bool is_tag(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

/// `CL:0000034 {is_inferred="true"} ! stem cell` -> `CL:0000034`.
std::string_view first_word(std::string_view value) {
  return value.substr(0, value.find_first_of(" \t{!"));
}

/// A name without its comment and its trailing qualifiers: `valve cell {xref="PMID:1"} ! x` -> `valve cell`.
std::string name_in(std::string_view value) {
  auto name = trimmed(value.substr(0, find_unescaped(value, '!')));
  const auto brace = find_unescaped(name, '{');
  if (name.ends_with('}') && name.substr(brace).find('=') != std::string_view::npos) name = name.substr(0, brace);
  return unescaped(trimmed(name));
}

class OboParser {
 public:
  OboParser(std::string_view text, std::string source) : rest_(text), terms_(std::move(source)) {}

  TermList parse() {
    while (next_line()) {
      if (line_.empty() || line_.front() == '!') continue;
      if (line_.front() == '[') {
        begin_stanza();
      } else {
        read_tag();
      }
    }
    end_term();
    if (!saw_header_ && !saw_stanza_) fail("neither a header nor a [Term]", "an obo file");
    return std::move(terms_);
  }

 private:
  /// Sets line_ to the next line, joined with those after it where a backslash ends it.
  bool next_line() {
    if (rest_.empty()) return false;
    joined_.clear();
    for (bool more = true; more;) {
      const auto end = rest_.find('\n');
      ++line_number_;
      if (end == std::string_view::npos) {
        fail("the file ends within a line", "a line end", "download it again if it was cut off, or end its last line");
      }
      auto part = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      if (part.ends_with('\r')) part.remove_suffix(1);
      const auto last_other = part.find_last_not_of('\\');
      const auto backslashes = part.size() - (last_other == std::string_view::npos ? 0 : last_other + 1);
      more = backslashes % 2 == 1 && !rest_.empty();
      if (more) part.remove_suffix(1);
      joined_ += part;
    }
    line_ = trimmed(joined_);
    return true;
  }

  void begin_stanza() {
    end_term();
    const auto close = line_.find(']');
    if (close == std::string_view::npos) fail(fmt::format("'{}'", line_), "a stanza like [Term]");
    saw_stanza_ = true;
    if (line_.substr(1, close - 1) == "Term") {
      term_.emplace();
      term_line_ = line_number_;
    }
  }

  void end_term() {
    if (!term_) return;
    if (term_->id.empty()) {
      line_number_ = term_line_;
      fail("a [Term] without id", "an id", "download the file again; it is cut off or damaged");
    }
    if (term_->id.starts_with("CL:")) terms_.add(std::move(*term_), {.line = term_line_});
    term_.reset();
  }

  void read_tag() {
    const auto colon = line_.find(':');
    if (colon == std::string_view::npos || !is_tag(line_.substr(0, colon))) {
      constexpr std::size_t kShown = 60;
      fail(fmt::format("'{}'", line_.substr(0, kShown)), "a line 'tag: value' or '[Term]'",
           "check that it is an obo file");
    }
    const auto tag = line_.substr(0, colon);
    const auto value = trimmed(line_.substr(colon + 1));
    if (term_) {
      read_term_tag(tag, value);
    } else if (!saw_stanza_) {
      saw_header_ = saw_header_ || tag == "format-version";
      if (tag == "data-version") terms_.version = unescaped(first_word(value));
    }
  }

  void read_term_tag(std::string_view tag, std::string_view value) {
    if (tag == "id") {
      if (!term_->id.empty()) fail(fmt::format("a second id, {}", value), "one for each [Term]");
      if (value.empty()) fail("an empty id", "CL: and seven digits");
      term_->id = value.starts_with("CL:") ? cl_id(value) : std::string(first_word(value));
    } else if (tag == "name") {
      term_->name = name_in(value);
    } else if (tag == "is_obsolete") {
      term_->obsolete = first_word(value) == "true";
    } else if (tag == "synonym") {
      read_synonym(value);
    } else if (auto* ids = ids_of(tag); ids != nullptr && value.starts_with("CL:")) {
      ids->push_back(cl_id(value));
    }
  }

  std::vector<std::string>* ids_of(std::string_view tag) {
    if (tag == "is_a") return &term_->parents;
    if (tag == "alt_id") return &term_->alt_ids;
    if (tag == "replaced_by") return &term_->replaced_by;
    if (tag == "consider") return &term_->consider;
    return nullptr;
  }

  std::string cl_id(std::string_view value) const {
    const auto id = first_word(value);
    if (!looks_like_cl_id(id)) fail(fmt::format("the id '{}'", id), "CL: and seven digits");
    return std::string(id);
  }

  /// `"T lymphocyte" EXACT [GOC:x]`.
  void read_synonym(std::string_view value) {
    const auto close = value.starts_with('"') ? find_unescaped(value, '"', 1) : value.size();
    if (close == value.size()) fail(fmt::format("the synonym {}", value), "text in double quotes");
    if (first_word(trimmed(value.substr(close + 1))) == "EXACT") {
      term_->exact_synonyms.push_back(unescaped(value.substr(1, close - 1)));
    }
  }

  [[noreturn]] void fail(std::string found, std::string expected, std::string next_step = {}) const {
    throw core::InputError({.file = terms_.source(),
                            .line = line_number_,
                            .found = std::move(found),
                            .expected = std::move(expected),
                            .next_step = std::move(next_step)});
  }

  std::string_view rest_;
  TermList terms_;
  std::string joined_;
  std::string_view line_;
  std::int64_t line_number_ = 0, term_line_ = 0;
  bool saw_header_ = false, saw_stanza_ = false;
  std::optional<Term> term_;
};

}  // namespace

TermList parse_obo(std::string_view text, std::string source) {
  return OboParser(text, std::move(source)).parse();
}

}  // namespace sctab::ontology
