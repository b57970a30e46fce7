#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <variant>
#include <vector>

#include "sctab/core/error.hpp"

namespace sctab::corpus {

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
  /// Of the codes, without what is reserved.
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

}  // namespace sctab::corpus
