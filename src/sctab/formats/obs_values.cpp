#include "sctab/formats/obs_values.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace sctab::formats {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kAssayTerms = {{
    {"EFO:0009922", "10x 3' v3"},
    {"EFO:0009899", "10x 3' v2"},
    {"EFO:0009901", "10x 3' v1"},
    {"EFO:0011025", "10x 5' v1"},
    {"EFO:0009900", "10x 5' v2"},
    {"EFO:0030003", "10x 3' transcription profiling"},
    {"EFO:0030004", "10x 5' transcription profiling"},
}};

}  // namespace

std::string trimmed_lower_case(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  std::string lower(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

bool is_missing(std::string_view text) {
  constexpr std::array<std::string_view, 7> missing = {"", "unknown", "na", "n/a", "nan", "none", "<na>"};
  return std::find(missing.begin(), missing.end(), trimmed_lower_case(text)) != missing.end();
}

std::string assay_name(const std::string& text) {
  for (const auto& [term, name] : kAssayTerms) {
    if (text == term) return std::string(name);
  }
  return text;
}

}  // namespace sctab::formats
