#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

#include "sctab/formats/dataframe.hpp"

namespace sctab::csv {

/// A column of texts, built row by row.
class CategoryBuilder {
 public:
  /// Returns whether the text is new.
  bool add(std::string text) {
    const auto [entry, is_new] =
        codes_.try_emplace(std::move(text), static_cast<std::int32_t>(column_.categories.size()));
    if (is_new) column_.categories.push_back(entry->first);
    column_.codes.push_back(entry->second);
    return is_new;
  }
  /// The column; the builder is empty then.
  formats::Categorical take() {
    codes_.clear();
    return std::exchange(column_, {});
  }

 private:
  formats::Categorical column_;
  std::unordered_map<std::string, std::int32_t> codes_;
};

}  // namespace sctab::csv
