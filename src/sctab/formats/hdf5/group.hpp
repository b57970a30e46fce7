#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/hdf5/handle.hpp"

namespace sctab::hdf5 {

/// An HDF5 group. It and the arrays that it gives keep the file open. Its methods take the Lock, and any thread may
/// call them.
class Group final : public arrays::ArrayGroup {
 public:
  /// A group, or a file: its root.
  explicit Group(Handle group) : group_(std::move(group)) {}

  [[nodiscard]] bool is_group(std::string_view path) const override;
  [[nodiscard]] bool is_array(std::string_view path) const override;
  [[nodiscard]] formats::Strings members(std::string_view path) const override;
  [[nodiscard]] std::unique_ptr<arrays::ArrayGroup> group(std::string_view path) const override;
  [[nodiscard]] arrays::ArrayInfo info(std::string_view path) const override;
  [[nodiscard]] std::unique_ptr<arrays::NumberArray> numbers(std::string_view path) const override;
  [[nodiscard]] std::unique_ptr<arrays::NumberMatrix> matrix(std::string_view path) const override;
  [[nodiscard]] formats::Strings texts(std::string_view path, std::string_view counted) const override;
  [[nodiscard]] std::unique_ptr<arrays::ArrayGroup> records(std::string_view path) const override;
  [[nodiscard]] bool has_attribute(std::string_view path, const std::string& name) const override;
  [[nodiscard]] std::string text_attribute(std::string_view path, const std::string& name) const override;
  [[nodiscard]] formats::Strings texts_attribute(std::string_view path, const std::string& name) const override;
  [[nodiscard]] std::optional<bool> boolean_attribute(std::string_view path, const std::string& name) const override;
  [[nodiscard]] std::vector<std::int64_t> integers_attribute(std::string_view path,
                                                             const std::string& name) const override;
  [[nodiscard]] core::Problem place(std::string_view path) const override;

 private:
  /// Nothing where there is no such object.
  [[nodiscard]] Handle open_object(std::string_view path) const;

  Handle group_;
};

}  // namespace sctab::hdf5
