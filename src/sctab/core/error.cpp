#include "sctab/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sctab/core/staged_output.hpp"
#include "sctab/core/text_file.hpp"

namespace sctab::core {
namespace {

void append(std::string& text, std::string_view separator, std::string_view part) {
  if (part.empty()) return;
  if (!text.empty()) text += separator;
  text += part;
}

/// `text` as one line that a terminal can show: control characters and bytes that are not UTF-8 become "\x1B".
std::string on_one_line(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t good = std::min(find_non_utf8(text), text.size());
    for (const char c : text.substr(0, good)) {
      const bool is_control = (c >= 0 && c < ' ') || c == '\x7F';
      shown += c == '\n' || c == '\r' || c == '\t' ? " "
               : is_control                        ? fmt::format("\\x{:02X}", static_cast<unsigned char>(c))
                                                   : std::string(1, c);
    }
    if (good < text.size()) shown += printable(text.substr(good, 1));
    text.remove_prefix(std::min(good + 1, text.size()));
  }
  return shown;
}

/// The first `most` bytes of a text in UTF-8, or some less, not to cut through a character.
std::string cut(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  constexpr std::string_view kMark = "...";
  std::size_t end = most - kMark.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  text.resize(end);
  return text += kMark;
}

/// Texts come from foreign files, with any bytes and of any length. They give way, the longest first, until together
/// they have kMostShown bytes; what is expected and what to do next are ours, and may be some lines of code.
Problem shortened(Problem problem) {
  constexpr std::size_t kMostShown = 300, kLeastShown = 40, kMostOfOurs = 500;
  const std::array fields = {&problem.file, &problem.matrix,  &problem.cell, &problem.gene,
                             &problem.key,  &problem.subject, &problem.found};
  std::size_t total = 0;
  for (std::string* field : fields) {
    *field = on_one_line(*field);
    total += field->size();
  }
  while (total > kMostShown) {
    std::string& longest =
        **std::ranges::max_element(fields, {}, [](const std::string* field) { return field->size(); });
    const std::size_t before = longest.size();
    if (before <= kLeastShown) break;
    longest = cut(std::move(longest), std::max(kLeastShown, before - std::min(before, total - kMostShown)));
    total -= before - longest.size();
  }
  for (std::string* field : {&problem.expected, &problem.next_step}) *field = cut(on_one_line(*field), kMostOfOurs);
  return problem;
}

Problem with_target_name(Problem problem) {
  problem.file = target_name(problem.file);
  return problem;
}

}  // namespace

std::string format(const Problem& given) {
  const Problem problem = shortened(given);
  std::string text = problem.file;
  if (problem.line > 0) append(text, ", ", fmt::format("line {}", problem.line));
  append(text, ": ", problem.matrix);
  if (!problem.cell.empty()) append(text, ": ", "cell " + problem.cell);
  if (!problem.gene.empty()) append(text, ": ", "gene " + problem.gene);
  append(text, ": ", problem.key);
  append(text, ": ", problem.subject);
  append(text, ": ", problem.found);
  if (!problem.expected.empty()) append(text, problem.found.empty() ? ": " : "; ", "expected " + problem.expected);
  append(text, "; ", problem.next_step);
  return text;
}

InputError::InputError(Problem problem)
    : std::runtime_error(format(with_target_name(problem))), problem_(with_target_name(std::move(problem))) {}

InputError InputError::within(const Problem& outer) const {
  Problem problem = problem_;
  const auto fill = [](std::string& field, const std::string& value) {
    if (field.empty()) field = value;
  };
  fill(problem.file, outer.file);
  if (problem.line == 0) problem.line = outer.line;
  fill(problem.matrix, outer.matrix);
  fill(problem.cell, outer.cell);
  fill(problem.gene, outer.gene);
  fill(problem.key, outer.key);
  fill(problem.subject, outer.subject);
  fill(problem.found, outer.found);
  fill(problem.expected, outer.expected);
  fill(problem.next_step, outer.next_step);
  return InputError(std::move(problem));
}

void assertion_failed(const char* expression, const char* file, int line) {
  throw std::logic_error(
      fmt::format("bug in sctab: {}:{}: {} does not hold; please report it", file, line, expression));
}

}  // namespace sctab::core
