#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/dataframe.hpp"

namespace sctab::anndata {

/// A dataframe of a file (obs, var, raw/var) opened for reading: a group of columns in encodings 0.1.0 and 0.2.0, with
/// or without attributes, or a table of records as anndata wrote it before 0.7, which is read into memory as a whole.
class DataframeReader {
 public:
  /// old_categories: the group that holds the categories of a table of records ("uns"). Throws InputError where there
  /// is no such dataframe, or where memory does not suffice for one of its columns.
  DataframeReader(std::shared_ptr<const arrays::ArrayGroup> root, const std::string& path, std::string old_categories);

  [[nodiscard]] std::int64_t n_rows() const { return n_rows_; }
  [[nodiscard]] formats::Strings index() const;
  /// In the order of the attribute column-order, or by name where there is none.
  [[nodiscard]] formats::Strings columns() const;
  [[nodiscard]] bool has(std::string_view column) const;
  /// Throws naming the columns that there are. Integers of a nullable column with missing values become Reals (NaN),
  /// as do uint64.
  [[nodiscard]] formats::Column column(std::string_view name) const;

 private:
  [[nodiscard]] std::string index_name_of_group() const;
  [[nodiscard]] formats::ColumnValues read_array(const std::string& name) const;
  [[nodiscard]] formats::ColumnValues read_group(const std::string& name) const;
  [[nodiscard]] formats::ColumnValues read_plain(const std::string& name) const;
  [[nodiscard]] formats::ColumnValues read_record_field(const std::string& name) const;
  [[nodiscard]] formats::Categorical read_categorical(const std::string& codes, const std::string& categories,
                                                      bool ordered) const;
  [[nodiscard]] formats::ColumnValues read_nullable(const std::string& name) const;
  void require_rows(const std::string& path, std::size_t n) const;

  std::shared_ptr<const arrays::ArrayGroup> root_;
  std::unique_ptr<arrays::ArrayGroup> table_;
  std::string old_categories_;  // empty: the dataframe is no table of records
  std::string index_name_;
  std::int64_t n_rows_ = 0;
};

}  // namespace sctab::anndata
