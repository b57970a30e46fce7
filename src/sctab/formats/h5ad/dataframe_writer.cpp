#include "sctab/formats/h5ad/dataframe_writer.hpp"

#include <algorithm>
#include <limits>

#include "sctab/core/error.hpp"

namespace sctab::h5ad {
namespace {

template <typename T>
hdf5::Handle write_values(hid_t parent, std::string_view name, hid_t type, const std::vector<T>& values,
                          hdf5::Encoding encoding) {
  return hdf5::write_array(parent, name, type, std::as_bytes(std::span(values)), encoding);
}

template <typename Code>
hdf5::Handle write_codes_as(hid_t parent, std::string_view name, hid_t type, const formats::Categorical& column,
                            hdf5::Encoding encoding) {
  std::vector<Code> codes;
  codes.reserve(column.codes.size());
  for (const std::int32_t code : column.codes) codes.push_back(static_cast<Code>(code));
  return write_values(parent, name, type, codes, encoding);
}

/// Codes in the narrowest signed type, as pandas has them.
hdf5::Handle write_codes(hid_t parent, std::string_view name, const formats::Categorical& column,
                         hdf5::Encoding encoding) {
  const std::size_t n = column.categories.size();
  for (const std::int32_t code : column.codes) SCTAB_ASSERT(code >= -1 && std::cmp_less(code, n));
  if (n <= std::numeric_limits<std::int8_t>::max()) {
    return write_codes_as<std::int8_t>(parent, name, H5T_NATIVE_INT8, column, encoding);
  }
  if (n <= std::numeric_limits<std::int16_t>::max()) {
    return write_codes_as<std::int16_t>(parent, name, H5T_NATIVE_INT16, column, encoding);
  }
  return write_codes_as<std::int32_t>(parent, name, H5T_NATIVE_INT32, column, encoding);
}

void write_categorical(hid_t dataframe, const std::string& name, const formats::Categorical& column,
                       hdf5::Encoding encoding) {
  if (encoding == hdf5::Encoding::kCurrent) {
    const hdf5::Handle group = hdf5::create_group(dataframe, name);
    hdf5::mark(group.id(), "categorical", "0.2.0");
    hdf5::set_boolean(group.id(), "ordered", column.ordered);
    (void)write_codes(group.id(), "codes", column, encoding);
    (void)hdf5::write_texts(group.id(), "categories", column.categories, encoding);
    return;
  }
  const hdf5::Handle group = hdf5::exists(dataframe, "__categories") ? hdf5::open_group(dataframe, "__categories")
                                                                     : hdf5::create_group(dataframe, "__categories");
  const hdf5::Handle categories = hdf5::write_texts(group.id(), name, column.categories, encoding);
  hdf5::set_boolean(categories.id(), "ordered", column.ordered);
  const hdf5::Handle codes = write_codes(dataframe, name, column, encoding);
  hobj_ref_t reference = 0;
  hdf5::checked(H5Rcreate(&reference, dataframe, ("__categories/" + name).c_str(), H5R_OBJECT, H5I_INVALID_HID),
                dataframe, "the categories cannot be written", hdf5::kFreeSpace);
  const hdf5::Handle space(H5Screate(H5S_SCALAR));
  const hdf5::Handle attribute =
      hdf5::owned(H5Acreate2(codes.id(), "categories", H5T_STD_REF_OBJ, space.id(), H5P_DEFAULT, H5P_DEFAULT),
                  codes.id(), "the categories cannot be written", hdf5::kFreeSpace);
  hdf5::checked(H5Awrite(attribute.id(), H5T_STD_REF_OBJ, &reference), codes.id(), "the categories cannot be written",
                hdf5::kFreeSpace);
}

void write_booleans(hid_t dataframe, const std::string& name, const formats::Booleans& values,
                    hdf5::Encoding encoding) {
  const hdf5::Handle type = hdf5::boolean_type();
  const bool any_missing = std::find(values.begin(), values.end(), std::uint8_t{2}) != values.end();
  if (!any_missing) {
    (void)write_values(dataframe, name, type.id(), values, encoding);
  } else if (encoding == hdf5::Encoding::kLegacy) {
    write_categorical(dataframe, name, formats::as_text(values), encoding);
  } else {
    formats::Booleans held, missing;
    for (const std::uint8_t value : values) {
      held.push_back(value == 1);
      missing.push_back(value == 2);
    }
    const hdf5::Handle group = hdf5::create_group(dataframe, name);
    hdf5::mark(group.id(), "nullable-boolean", "0.1.0");
    (void)write_values(group.id(), "values", type.id(), held, encoding);
    (void)write_values(group.id(), "mask", type.id(), missing, encoding);
  }
}

struct ColumnWriter {
  hid_t dataframe;
  const std::string& name;
  hdf5::Encoding encoding;

  void operator()(const formats::Categorical& values) const { write_categorical(dataframe, name, values, encoding); }
  void operator()(const formats::Strings& values) const { (void)hdf5::write_texts(dataframe, name, values, encoding); }
  void operator()(const formats::Booleans& values) const { write_booleans(dataframe, name, values, encoding); }
  void operator()(const formats::Integers& values) const {
    (void)write_values(dataframe, name, H5T_NATIVE_INT64, values, encoding);
  }
  void operator()(const formats::Reals& values) const {
    (void)write_values(dataframe, name, H5T_NATIVE_DOUBLE, values, encoding);
  }
  void operator()(const formats::Reals32& values) const {
    (void)write_values(dataframe, name, H5T_NATIVE_FLOAT, values, encoding);
  }
};

}  // namespace

void write_column(hid_t dataframe, const formats::Column& column, hdf5::Encoding encoding) {
  std::visit(ColumnWriter{dataframe, column.name, encoding}, column.values);
}

hdf5::Handle begin_dataframe(hid_t file, std::string_view name, const formats::Strings& index) {
  hdf5::Handle group = hdf5::create_group(file, name);
  hdf5::mark(group.id(), "dataframe", "0.2.0");
  hdf5::set_text(group.id(), "_index", "_index");
  (void)hdf5::write_texts(group.id(), "_index", index, hdf5::Encoding::kCurrent);
  return group;
}

void end_dataframe(const hdf5::Handle& dataframe, const formats::Strings& column_names) {
  hdf5::set_texts(dataframe.id(), "column-order", column_names);
}

void write_dataframe(hid_t file, std::string_view name, const formats::Strings& index,
                     std::span<const formats::Column> columns) {
  const hdf5::Handle group = begin_dataframe(file, name, index);
  formats::Strings names;
  for (const formats::Column& column : columns) {
    SCTAB_ASSERT(n_rows(column.values) == index.size());
    write_column(group.id(), column, hdf5::Encoding::kCurrent);
    names.push_back(column.name);
  }
  end_dataframe(group, names);
}

}  // namespace sctab::h5ad
