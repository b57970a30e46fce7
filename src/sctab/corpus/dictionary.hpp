#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sctab/core/index.hpp"

namespace sctab::corpus {

/// Distinct texts, numbered from 0 in the order of their first appearance.
class Dictionary {
 public:
  /// The text's number; a new text gets the next one.
  std::int32_t code(std::string_view text) {
    const auto [entry, inserted] = codes_.try_emplace(std::string(text), size());
    if (inserted) texts_.push_back(entry->first);
    return entry->second;
  }
  [[nodiscard]] const std::string& text(std::int32_t code) const { return texts_.at(static_cast<std::size_t>(code)); }
  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }
  [[nodiscard]] std::int32_t size() const { return core::narrow<std::int32_t>(texts_.size()); }

 private:
  std::vector<std::string> texts_;
  std::unordered_map<std::string, std::int32_t> codes_;
};

}  // namespace sctab::corpus
