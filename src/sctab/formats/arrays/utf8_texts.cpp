#include "sctab/formats/arrays/utf8_texts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sctab/core/text_file.hpp"

namespace sctab::arrays {

void require_utf8(const formats::Strings& texts, std::string_view counted, const core::Problem& place) {
  const auto bad = std::ranges::find_if_not(texts, core::is_utf8);
  if (bad == texts.end()) return;
  core::Problem problem = place;
  problem.found = fmt::format("{} {} (counted from 0) holds \"{}\", which is not UTF-8 text", counted,
                              bad - texts.begin(), core::printable(*bad));
  problem.next_step = "write the file again with text in UTF-8, or without it";
  throw core::InputError(std::move(problem));
}

}  // namespace sctab::arrays
