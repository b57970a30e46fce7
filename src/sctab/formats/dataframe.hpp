#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "sctab/core/index.hpp"

namespace sctab::formats {

/// Text, with each distinct value once. codes: one a row, -1 = missing. Strings and categoricals of a file both become
/// this.
struct Categorical {
  std::vector<std::int32_t> codes;
  std::vector<std::string> categories;
  bool ordered = false;

  /// The value of a row; empty where missing.
  [[nodiscard]] const std::string& value(std::size_t row) const {
    static const std::string empty;
    return codes[row] < 0 ? empty : categories[static_cast<std::size_t>(codes[row])];
  }
};

using Booleans = std::vector<std::uint8_t>;  // 0, 1; 2 = missing
using Integers = std::vector<std::int64_t>;
using Reals = std::vector<double>;
using Reals32 = std::vector<float>;
/// Text kept as it is, for indexes, whose values are all distinct.
using Strings = std::vector<std::string>;

using ColumnValues = std::variant<Categorical, Strings, Booleans, Integers, Reals, Reals32>;

/// One column of obs or var.
struct Column {
  std::string name;
  ColumnValues values;
};

std::size_t n_rows(const ColumnValues& values);
/// Each distinct text once, in order of first appearance.
Categorical as_categorical(const Strings& texts);
/// Any column as text: numbers are formatted, booleans are "True" and "False"; empty, "nan" and "<NA>" are missing.
Categorical as_text(const ColumnValues& values);

}  // namespace sctab::formats
