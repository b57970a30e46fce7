#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/formats/arrays/array_group.hpp"

namespace sctab::arrays {

/// A column of a MemoryGroup. kOther ones have a name, and no values.
struct MemoryField {
  std::string name;
  ArrayInfo info;                    // of one dimension
  std::vector<std::byte> numbers{};  // of kNumber and kBoolean, as info.number says
  formats::Strings texts{};          // of kText
};

/// Columns in memory as a group of arrays. Its only attribute is "fields", their names in the order in which they came.
class MemoryGroup final : public ArrayGroup {
 public:
  /// place: of the table, for errors.
  MemoryGroup(core::Problem place, std::vector<MemoryField> fields)
      : place_(std::move(place)), fields_(std::move(fields)) {}

  [[nodiscard]] bool is_group(std::string_view path) const override { return path.empty(); }
  [[nodiscard]] bool is_array(std::string_view path) const override { return find(path) != nullptr; }
  [[nodiscard]] formats::Strings members(std::string_view path) const override;
  [[nodiscard]] std::unique_ptr<ArrayGroup> group(std::string_view path) const override;
  [[nodiscard]] ArrayInfo info(std::string_view path) const override { return field(path).info; }
  [[nodiscard]] std::unique_ptr<NumberArray> numbers(std::string_view path) const override;
  [[nodiscard]] std::unique_ptr<NumberMatrix> matrix(std::string_view path) const override;
  [[nodiscard]] formats::Strings texts(std::string_view path, std::string_view counted) const override;
  [[nodiscard]] std::unique_ptr<ArrayGroup> records(std::string_view path) const override;
  [[nodiscard]] bool has_attribute(std::string_view path, const std::string& name) const override;
  [[nodiscard]] std::string text_attribute(std::string_view path, const std::string& name) const override;
  [[nodiscard]] formats::Strings texts_attribute(std::string_view path, const std::string& name) const override;
  [[nodiscard]] std::optional<bool> boolean_attribute(std::string_view path, const std::string& name) const override;
  [[nodiscard]] std::vector<std::int64_t> integers_attribute(std::string_view path,
                                                             const std::string& name) const override;
  [[nodiscard]] core::Problem place(std::string_view path) const override;

 private:
  [[nodiscard]] const MemoryField* find(std::string_view name) const;
  [[nodiscard]] const MemoryField& field(std::string_view name) const;

  core::Problem place_;
  std::vector<MemoryField> fields_;
};

}  // namespace sctab::arrays
