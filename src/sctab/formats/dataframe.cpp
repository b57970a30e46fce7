#include "sctab/formats/dataframe.hpp"

#include <fmt/format.h>

#include <string_view>
#include <unordered_map>

namespace sctab::formats {
namespace {

bool means_missing(std::string_view text) {
  return text.empty() || text == "nan" || text == "NaN" || text == "<NA>";
}

/// Rows whose category means "missing" lose it, and the categories that mean it go.
Categorical with_missing(Categorical column) {
  std::vector<std::int32_t> renamed;
  Strings kept;
  for (std::string& category : column.categories) {
    const bool missing = means_missing(category);
    renamed.push_back(missing ? -1 : static_cast<std::int32_t>(kept.size()));
    if (!missing) kept.push_back(std::move(category));
  }
  column.categories = std::move(kept);
  for (std::int32_t& code : column.codes) {
    if (code >= 0) code = renamed[static_cast<std::size_t>(code)];
  }
  return column;
}

struct AsText {
  Categorical operator()(const Categorical& column) const { return with_missing(column); }
  Categorical operator()(const Strings& texts) const { return with_missing(as_categorical(texts)); }
  Categorical operator()(const Booleans& values) const {
    Strings texts;
    for (const std::uint8_t value : values) texts.emplace_back(value == 0 ? "False" : value == 1 ? "True" : "");
    return with_missing(as_categorical(texts));
  }
  template <typename T>
  Categorical operator()(const std::vector<T>& numbers) const {
    Strings texts;
    for (const T number : numbers) texts.push_back(fmt::format("{}", number));
    return with_missing(as_categorical(texts));
  }
};

struct RowCount {
  std::size_t operator()(const Categorical& column) const { return column.codes.size(); }
  template <typename T>
  std::size_t operator()(const std::vector<T>& values) const {
    return values.size();
  }
};

}  // namespace

std::size_t n_rows(const ColumnValues& values) {
  return std::visit(RowCount(), values);
}

Categorical as_categorical(const Strings& texts) {
  Categorical out;
  out.codes.reserve(texts.size());
  std::unordered_map<std::string_view, std::int32_t> known;
  for (const std::string& text : texts) {
    const auto [entry, is_new] = known.try_emplace(text, static_cast<std::int32_t>(out.categories.size()));
    if (is_new) out.categories.push_back(text);
    out.codes.push_back(entry->second);
  }
  return out;
}

Categorical as_text(const ColumnValues& values) {
  return std::visit(AsText(), values);
}

}  // namespace sctab::formats
