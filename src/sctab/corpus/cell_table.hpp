#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/index.hpp"
#include "sctab/store/obs_columns.hpp"
#include "sctab/store/store.hpp"

namespace sctab::corpus {

using core::CellIndex;
using store::Field;

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

/// The codes of cells, from -1, in as few bytes each as the largest needs: one up to 127, two up to 32,767, else four.
/// Most columns of a corpus have few categories, and tens of millions of cells.
class CodeColumn {
 public:
  void push_back(std::int32_t code) {
    make_fit(code);
    std::visit([code](auto& codes) { codes.push_back(as_element(codes, code)); }, codes_);
  }
  void set(std::size_t cell, std::int32_t code) {
    make_fit(code);
    std::visit([=](auto& codes) { codes[cell] = as_element(codes, code); }, codes_);
  }
  [[nodiscard]] std::int32_t operator[](std::size_t cell) const {
    return std::visit([cell](const auto& codes) { return std::int32_t{codes[cell]}; }, codes_);
  }
  [[nodiscard]] std::size_t size() const {
    return std::visit([](const auto& codes) { return codes.size(); }, codes_);
  }
  [[nodiscard]] std::size_t capacity() const {
    return std::visit([](const auto& codes) { return codes.capacity(); }, codes_);
  }
  void reserve(std::size_t n_cells) {
    std::visit([n_cells](auto& codes) { codes.reserve(n_cells); }, codes_);
  }
  /// The first n_cells; there are as many.
  void truncate(std::size_t n_cells) {
    SCTAB_ASSERT(n_cells <= size());
    std::visit([n_cells](auto& codes) { codes.resize(n_cells); }, codes_);
  }
  /// Bytes of the codes, without spare capacity.
  [[nodiscard]] std::size_t bytes() const {
    return std::visit([](const auto& codes) { return codes.size() * sizeof(codes[0]); }, codes_);
  }

 private:
  template <typename Codes>
  static typename Codes::value_type as_element(const Codes& /*codes*/, std::int32_t code) {
    return static_cast<typename Codes::value_type>(code);
  }
  template <typename T>
  void widen_to() {
    std::vector<T> wider;
    wider.reserve(capacity());
    std::visit([&wider](const auto& codes) { wider.assign(codes.begin(), codes.end()); }, codes_);
    codes_ = std::move(wider);
  }
  void make_fit(std::int32_t code) {
    SCTAB_ASSERT(code >= -1);
    if (codes_.index() == 0 && code > std::numeric_limits<std::int8_t>::max()) widen_to<std::int16_t>();
    if (codes_.index() == 1 && code > std::numeric_limits<std::int16_t>::max()) widen_to<std::int32_t>();
  }

  std::variant<std::vector<std::int8_t>, std::vector<std::int16_t>, std::vector<std::int32_t>> codes_;
};

/// What a missing assay, tissue or disease is called, and the donor of a cell without one.
inline constexpr std::string_view kUnknown = store::kUnknownValue;

/// The obs of all cells of a corpus as codes, 9 bytes a cell and up (12 in a corpus of some thousand donors): tens of
/// millions of cells fit in memory where their texts would not.
struct CellTable {
  /// Codes into `names`; -1 only for a cell without a label or without a donor.
  std::array<CodeColumn, store::kNumFields> codes;
  /// What the codes mean; cell types by CL id.
  std::array<Dictionary, store::kNumFields> names;
  std::vector<std::uint8_t> primary;  // is_primary_data
  std::vector<std::uint8_t> kept;     // curation clears it

  [[nodiscard]] std::size_t size() const { return kept.size(); }
  [[nodiscard]] CodeColumn& column(Field field) { return codes[static_cast<std::size_t>(field)]; }
  [[nodiscard]] const CodeColumn& column(Field field) const { return codes[static_cast<std::size_t>(field)]; }
  [[nodiscard]] Dictionary& dictionary(Field field) { return names[static_cast<std::size_t>(field)]; }
  [[nodiscard]] const Dictionary& dictionary(Field field) const { return names[static_cast<std::size_t>(field)]; }
  [[nodiscard]] std::int64_t bytes() const {
    std::size_t sum = primary.size() + kept.size();
    for (const CodeColumn& column : codes) sum += column.bytes();
    return static_cast<std::int64_t>(sum);
  }
};

}  // namespace sctab::corpus
