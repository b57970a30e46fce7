#pragma once

#include <string>
#include <string_view>

#include "sctab/formats/dataframe.hpp"
#include "sctab/formats/hdf5/handle.hpp"

namespace sctab::h5ad {

/// A dataframe group of a file (obs, var, raw/var) opened for reading; encodings 0.1.0 and 0.2.0, with or without
/// attributes. Callers hold the hdf5::Lock.
class DataframeReader {
 public:
  /// Throws InputError where the group is missing or is a table of anndata before 0.7.
  DataframeReader(hid_t file, std::string_view path);

  [[nodiscard]] std::int64_t n_rows() const { return n_rows_; }
  [[nodiscard]] formats::Strings index() const;
  /// In the order of the attribute column-order, or by name where there is none.
  [[nodiscard]] formats::Strings columns() const;
  [[nodiscard]] bool has(std::string_view column) const;
  /// Throws naming the columns that there are. Integers of a nullable column with missing values become Reals (NaN),
  /// as do uint64.
  [[nodiscard]] formats::Column column(std::string_view name) const;

 private:
  [[nodiscard]] formats::ColumnValues read_dataset(const std::string& name) const;
  [[nodiscard]] formats::ColumnValues read_group(const std::string& name) const;
  [[nodiscard]] formats::Categorical read_categorical(hdf5::Handle codes, hdf5::Handle categories, bool ordered) const;
  [[nodiscard]] formats::ColumnValues read_nullable(hid_t group) const;
  void require_rows(hid_t object, std::size_t n) const;

  hdf5::Handle group_;
  std::string index_name_;
  std::int64_t n_rows_ = 0;
};

}  // namespace sctab::h5ad
