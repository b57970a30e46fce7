#include "sctab/core/error.hpp"

#include <fmt/format.h>

#include <utility>

#include "sctab/core/staged_output.hpp"

namespace sctab::core {
namespace {

void append(std::string& text, std::string_view separator, std::string_view part) {
  if (part.empty()) return;
  if (!text.empty()) text += separator;
  text += part;
}

Problem with_target_name(Problem problem) {
  problem.file = target_name(problem.file);
  return problem;
}

}  // namespace

std::string format(const Problem& problem) {
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
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
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
