#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/formats/arrays/number.hpp"
#include "sctab/formats/dataframe.hpp"

namespace sctab::arrays {

/// What an array holds, from its header alone.
struct ArrayInfo {
  /// kRecords: several named fields an element (a compound type).
  enum class Kind { kNumber, kBoolean, kText, kRecords, kOther } kind = Kind::kOther;
  Number number = Number::kFloat64;  // how numbers and booleans lie in memory once read
  std::vector<std::int64_t> shape;   // empty: a scalar

  [[nodiscard]] bool is_numeric() const { return kind == Kind::kNumber || kind == Kind::kBoolean; }
};

/// Numbers in a row. Any number of threads may read at once. Errors are InputError and name the array.
class NumberArray {
 public:
  NumberArray() = default;
  virtual ~NumberArray() = default;
  NumberArray(const NumberArray&) = delete;
  NumberArray& operator=(const NumberArray&) = delete;

  [[nodiscard]] virtual std::int64_t size() const = 0;
  [[nodiscard]] virtual Number number() const = 0;
  /// Elements [begin, begin + out.size()) by convert_number(). Throws InputError where they are damaged or missing.
  virtual void read(std::int64_t begin, std::span<float> out) = 0;
  virtual void read(std::int64_t begin, std::span<double> out) = 0;
  virtual void read(std::int64_t begin, std::span<std::int32_t> out) = 0;
  virtual void read(std::int64_t begin, std::span<std::int64_t> out) = 0;
};

/// A rectangle of a matrix.
struct Block {
  std::int64_t row = 0, n_rows = 0;
  std::int64_t column = 0, n_columns = 0;
};

/// Numbers in rows and columns. Any number of threads may read at once. Errors are InputError and name the array.
class NumberMatrix {
 public:
  NumberMatrix() = default;
  virtual ~NumberMatrix() = default;
  NumberMatrix(const NumberMatrix&) = delete;
  NumberMatrix& operator=(const NumberMatrix&) = delete;

  [[nodiscard]] virtual std::int64_t n_rows() const = 0;
  [[nodiscard]] virtual std::int64_t n_columns() const = 0;
  [[nodiscard]] virtual Number number() const = 0;
  /// The extent of the pieces that are expanded as a whole: reading is fastest in multiples of them. 1 × 1 where there
  /// are none.
  [[nodiscard]] virtual std::int64_t chunk_rows() const = 0;
  [[nodiscard]] virtual std::int64_t chunk_columns() const = 0;
  /// Fills `out` with the numbers of the block as number() says, row by row: n_rows × n_columns × size of a number.
  virtual void read(const Block& block, std::span<std::byte> out) = 0;
};

/// A tree of named arrays with attributes: a file, or a part of one, as HDF5 and zarr have them. Paths go down from
/// here ("raw/X"); "" is this group. Errors are InputError and name the file and what in it.
class ArrayGroup {
 public:
  ArrayGroup() = default;
  virtual ~ArrayGroup() = default;
  ArrayGroup(const ArrayGroup&) = delete;
  ArrayGroup& operator=(const ArrayGroup&) = delete;

  /// False where there is nothing of that name, or a link that leads nowhere.
  [[nodiscard]] virtual bool is_group(std::string_view path) const = 0;
  [[nodiscard]] virtual bool is_array(std::string_view path) const = 0;
  [[nodiscard]] bool exists(std::string_view path) const { return is_group(path) || is_array(path); }
  /// The names in a group, sorted.
  [[nodiscard]] virtual formats::Strings members(std::string_view path) const = 0;
  /// The group at a path as a tree of its own.
  [[nodiscard]] virtual std::unique_ptr<ArrayGroup> group(std::string_view path) const = 0;

  /// Throws where the array is missing or its header is damaged.
  [[nodiscard]] virtual ArrayInfo info(std::string_view path) const = 0;
  /// Throws unless it is an array of one dimension that holds numbers or booleans.
  [[nodiscard]] virtual std::unique_ptr<NumberArray> numbers(std::string_view path) const = 0;
  /// Throws unless it is an array of two dimensions that holds numbers or booleans.
  [[nodiscard]] virtual std::unique_ptr<NumberMatrix> matrix(std::string_view path) const = 0;
  /// Texts of an array of one dimension, or of a scalar: UTF-8. counted: what they are, for messages ("row").
  [[nodiscard]] virtual formats::Strings texts(std::string_view path, std::string_view counted = "row") const = 0;
  /// An array of kRecords, read into memory as a group of columns: its fields, which its attribute "fields" names in
  /// their order.
  [[nodiscard]] virtual std::unique_ptr<ArrayGroup> records(std::string_view path) const = 0;

  /// Attributes of a group or an array. None, empty or nothing where there is no such one, or none of that kind.
  [[nodiscard]] virtual bool has_attribute(std::string_view path, const std::string& name) const = 0;
  [[nodiscard]] virtual std::string text_attribute(std::string_view path, const std::string& name) const = 0;
  [[nodiscard]] virtual formats::Strings texts_attribute(std::string_view path, const std::string& name) const = 0;
  [[nodiscard]] virtual std::optional<bool> boolean_attribute(std::string_view path, const std::string& name) const = 0;
  [[nodiscard]] virtual std::vector<std::int64_t> integers_attribute(std::string_view path,
                                                                     const std::string& name) const = 0;

  /// Where a path is, for errors: the file, and the path in it as the key.
  [[nodiscard]] virtual core::Problem place(std::string_view path) const = 0;
  /// The error of a problem there: place() fills in what the problem does not name.
  [[nodiscard]] core::InputError error(std::string_view path, core::Problem problem) const {
    return core::InputError(std::move(problem)).within(place(path));
  }
};

/// A whole array of numbers. To: float, double, int32 or int64. Throws where memory does not suffice for it.
template <typename To>
std::vector<To> read_numbers(const ArrayGroup& group, std::string_view path) {
  const std::unique_ptr<NumberArray> array = group.numbers(path);
  core::require_memory(array->size(), sizeof(To), group.place(path));
  std::vector<To> numbers(static_cast<std::size_t>(array->size()));
  array->read(0, std::span(numbers));
  return numbers;
}

}  // namespace sctab::arrays
