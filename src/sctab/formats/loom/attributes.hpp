#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/dataframe.hpp"

namespace sctab::loom {

/// The attributes of rows or columns of a loom file: those of one dimension and one value for each. Others (embeddings,
/// regulons) are passed over.
class Attributes {
 public:
  /// root must outlive this. group: "row_attrs" or "col_attrs"; n: rows or columns. Throws InputError where headers are
  /// damaged, or where an attribute of one dimension has another number of values.
  Attributes(const arrays::ArrayGroup& root, std::string group, std::int64_t n);

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] bool has(std::string_view name) const;
  /// The first of these names, in any case ("cellid"), that there is; empty where there is none.
  [[nodiscard]] std::string find(std::span<const char* const> usual_names) const;
  /// Throws InputError listing the attributes if there is none of that name.
  [[nodiscard]] formats::ColumnValues values(std::string_view name) const;
  /// The values as text; nothing where there is no such attribute, in any case.
  [[nodiscard]] std::optional<formats::Strings> texts(std::string_view name) const;

 private:
  [[nodiscard]] std::string path(std::string_view name) const;
  [[nodiscard]] formats::Strings decoded_texts(const std::string& path) const;

  const arrays::ArrayGroup* root_;
  std::string group_;
  bool has_entities_ = false;  // before version 3, text is ASCII with XML's character references
  std::vector<std::string> names_;
};

/// Replaces "&#228;" and "&#xe4;" by the characters that they stand for; others stay as they are.
std::string without_entities(std::string_view text);

}  // namespace sctab::loom
