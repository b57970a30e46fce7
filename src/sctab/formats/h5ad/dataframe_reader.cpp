#include "sctab/formats/h5ad/dataframe_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "sctab/core/alternatives.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/hdf5/array_reader.hpp"
#include "sctab/formats/hdf5/text_reader.hpp"

namespace sctab::h5ad {
namespace {

using Kind = hdf5::ElementType::Kind;

std::string index_name_of(hid_t group) {
  std::string name = hdf5::text_attribute(group, "_index");
  if (!name.empty() && hdf5::exists(group, name)) return name;
  for (const char* usual : {"_index", "index"}) {
    if (hdf5::exists(group, usual)) return usual;
  }
  throw hdf5::error_at(group, {.found = "has no index of row names", .next_step = "write the file again with AnnData"});
}

formats::Strings member_names(hid_t group) {
  formats::Strings names;
  const auto keep = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<formats::Strings*>(out)->emplace_back(name);
    return 0;
  };
  hdf5::checked(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, keep, &names), group, "cannot be listed");
  return names;
}

/// Categories are text, but numbers and booleans happen.
formats::Strings category_texts(hdf5::Handle dataset) {
  const hdf5::ElementType type = hdf5::element_type(dataset.id());
  if (type.kind == Kind::kText) return hdf5::read_texts(dataset.id(), "category");
  formats::Strings texts;
  if (type.kind == Kind::kBoolean) {
    for (const auto value : hdf5::read_numbers<std::int64_t>(std::move(dataset)))
      texts.emplace_back(value ? "True" : "False");
  } else if (type.number == hdf5::Number::kFloat32 || type.number == hdf5::Number::kFloat64) {
    for (const auto value : hdf5::read_numbers<double>(std::move(dataset))) texts.push_back(fmt::format("{}", value));
  } else {
    for (const auto value : hdf5::read_numbers<std::int64_t>(std::move(dataset)))
      texts.push_back(fmt::format("{}", value));
  }
  return texts;
}

formats::Booleans as_booleans(const std::vector<std::int64_t>& values) {
  formats::Booleans out(values.size());
  std::transform(values.begin(), values.end(), out.begin(),
                 [](std::int64_t v) { return static_cast<std::uint8_t>(v != 0); });
  return out;
}

}  // namespace

DataframeReader::DataframeReader(hid_t file, std::string_view path) {
  if (hdf5::is_dataset(file, path)) {
    throw hdf5::error_at(file, {.key = std::string(path),
                                .found = "is a table as anndata before 0.7 wrote it",
                                .expected = "a group of columns",
                                .next_step = "open the file with a newer anndata and write it again"});
  }
  if (!hdf5::is_group(file, path)) {
    throw hdf5::error_at(file,
                         {.found = fmt::format("has no {}", path), .expected = "an .h5ad file as AnnData writes it"});
  }
  group_ = hdf5::open_group(file, path);
  index_name_ = index_name_of(group_.id());
  const bool plain = hdf5::is_dataset(group_.id(), index_name_);
  const hdf5::Handle index = hdf5::open_dataset(group_.id(), plain ? index_name_ : index_name_ + "/values");
  const auto shape = hdf5::dimensions(index.id());
  if (shape.size() != 1) {
    throw hdf5::error_at(index.id(),
                         {.found = "does not hold a single column of row names", .next_step = hdf5::kWriteAgain});
  }
  hdf5::check_plausible_size(index.id());
  n_rows_ = shape[0];
  core::Problem place = hdf5::place_of(group_.id());  // for a text column; numeric columns take less
  place.found = fmt::format("has {}", core::plural(n_rows_, "row"));
  core::require_memory(n_rows_, sizeof(std::string), std::move(place));
}

formats::Strings DataframeReader::index() const {
  const formats::ColumnValues values =
      hdf5::is_dataset(group_.id(), index_name_) ? read_dataset(index_name_) : read_group(index_name_);
  return std::visit(
      [this](const auto& held) -> formats::Strings {
        using T = std::decay_t<decltype(held)>;
        formats::Strings names;
        if constexpr (std::is_same_v<T, formats::Strings>) {
          names = held;
        } else if constexpr (std::is_same_v<T, formats::Categorical>) {
          for (std::size_t row = 0; row < held.codes.size(); ++row) names.push_back(held.value(row));
        } else if constexpr (std::is_same_v<T, formats::Integers>) {
          for (const std::int64_t value : held) names.push_back(fmt::format("{}", value));
        } else {
          throw hdf5::error_at(
              group_.id(), {.found = fmt::format("the row names ({}) are neither text nor whole numbers", index_name_),
                            .next_step = "write the file again with names as text"});
        }
        return names;
      },
      values);
}

formats::Strings DataframeReader::columns() const {
  formats::Strings names = hdf5::has_attribute(group_.id(), "column-order")
                               ? hdf5::texts_attribute(group_.id(), "column-order")
                               : member_names(group_.id());
  std::erase_if(names, [this](const std::string& name) {
    return name == index_name_ || name == "__categories" || !hdf5::exists(group_.id(), name);
  });
  return names;
}

bool DataframeReader::has(std::string_view column) const {
  return !column.empty() && column != index_name_ && column != "__categories" &&
         column.find('/') == std::string_view::npos && hdf5::exists(group_.id(), column);
}

formats::Column DataframeReader::column(std::string_view name) const {
  if (!has(name)) {
    throw hdf5::error_at(group_.id(),
                         {.found = fmt::format("has no column '{}'", name), .expected = core::alternatives(columns())});
  }
  std::string key(name);
  formats::ColumnValues values = hdf5::is_dataset(group_.id(), key) ? read_dataset(key) : read_group(key);
  if (const auto* texts = std::get_if<formats::Strings>(&values)) values = formats::as_categorical(*texts);
  return {std::move(key), std::move(values)};
}

void DataframeReader::require_rows(hid_t object, std::size_t n) const {
  if (std::cmp_equal(n, n_rows_)) return;
  throw hdf5::error_at(object, {.found = fmt::format("has {}", core::plural(static_cast<std::int64_t>(n), "row")),
                                .expected = fmt::format("{}", n_rows_),
                                .next_step = hdf5::kWriteAgain});
}

formats::ColumnValues DataframeReader::read_dataset(const std::string& name) const {
  hdf5::Handle dataset = hdf5::open_dataset(group_.id(), name);
  const std::string legacy_categories = "__categories/" + name;
  if (hdf5::is_dataset(group_.id(), legacy_categories)) {
    hdf5::Handle categories = hdf5::open_dataset(group_.id(), legacy_categories);
    const bool ordered = hdf5::boolean_attribute(categories.id(), "ordered").value_or(false);
    return read_categorical(std::move(dataset), std::move(categories), ordered);
  }
  const hdf5::ElementType type = hdf5::element_type(dataset.id());
  const hid_t id = dataset.id();
  if (type.kind == Kind::kOther) {
    throw hdf5::error_at(
        id, {.found = "is neither text, numbers nor booleans", .next_step = "remove the column or convert it"});
  }
  if (type.kind == Kind::kText) {
    formats::Strings texts = hdf5::read_texts(id);
    require_rows(id, texts.size());
    return texts;
  }
  hdf5::ArrayReader reader(std::move(dataset));
  require_rows(id, static_cast<std::size_t>(reader.size()));
  const auto fill = [&](auto values) -> formats::ColumnValues {
    values.resize(static_cast<std::size_t>(n_rows_));
    reader.read(0, std::span(values));
    return values;
  };
  if (type.kind == Kind::kBoolean) return as_booleans(std::get<formats::Integers>(fill(formats::Integers())));
  if (type.number == hdf5::Number::kFloat32) return fill(formats::Reals32());
  if (type.number == hdf5::Number::kFloat64 || type.number == hdf5::Number::kUint64) return fill(formats::Reals());
  return fill(formats::Integers());
}

formats::ColumnValues DataframeReader::read_group(const std::string& name) const {
  const hdf5::Handle group = hdf5::open_group(group_.id(), name);
  if (hdf5::is_dataset(group.id(), "codes") && hdf5::exists(group.id(), "categories")) {
    // Categories may themselves be values with a mask: pandas' string arrays.
    const bool plain = hdf5::is_dataset(group.id(), "categories");
    hdf5::Handle categories = hdf5::open_dataset(group.id(), plain ? "categories" : "categories/values");
    const bool ordered = hdf5::boolean_attribute(group.id(), "ordered").value_or(false);
    return read_categorical(hdf5::open_dataset(group.id(), "codes"), std::move(categories), ordered);
  }
  if (hdf5::is_dataset(group.id(), "values") && hdf5::is_dataset(group.id(), "mask")) return read_nullable(group.id());
  throw hdf5::error_at(group.id(), {.found = "holds neither categories nor values with a mask",
                                    .next_step = "remove the column or convert it"});
}

formats::Categorical DataframeReader::read_categorical(hdf5::Handle codes, hdf5::Handle categories,
                                                       bool ordered) const {
  formats::Categorical out;
  out.ordered = ordered;
  out.categories = category_texts(std::move(categories));
  hdf5::ArrayReader reader(std::move(codes));
  require_rows(reader.id(), static_cast<std::size_t>(reader.size()));
  out.codes.resize(static_cast<std::size_t>(n_rows_));
  reader.read(0, std::span(out.codes));
  for (std::size_t row = 0; row < out.codes.size(); ++row) {
    if (out.codes[row] >= -1 && std::cmp_less(out.codes[row], out.categories.size())) continue;
    throw hdf5::error_at(
        reader.id(), {.found = fmt::format("row {} has category {} of {}", row, out.codes[row], out.categories.size()),
                      .next_step = hdf5::kWriteAgain});
  }
  return out;
}

formats::ColumnValues DataframeReader::read_nullable(hid_t group) const {
  const auto mask = hdf5::read_numbers<std::int64_t>(hdf5::open_dataset(group, "mask"));
  require_rows(group, mask.size());
  const auto missing = [&mask](std::size_t row) { return mask[row] != 0; };
  hdf5::Handle dataset = hdf5::open_dataset(group, "values");
  const hdf5::ElementType type = hdf5::element_type(dataset.id());
  if (type.kind == Kind::kText) {
    const formats::Strings texts = hdf5::read_texts(dataset.id());
    require_rows(group, texts.size());
    formats::Categorical out = formats::as_categorical(texts);
    for (std::size_t row = 0; row < mask.size(); ++row) {
      if (missing(row)) out.codes[row] = -1;
    }
    return out;
  }
  const bool any_missing = std::any_of(mask.begin(), mask.end(), [](std::int64_t m) { return m != 0; });
  if (type.kind == Kind::kBoolean) {
    formats::Booleans out = as_booleans(hdf5::read_numbers<std::int64_t>(std::move(dataset)));
    require_rows(group, out.size());
    for (std::size_t row = 0; row < mask.size(); ++row) {
      if (missing(row)) out[row] = 2;
    }
    return out;
  }
  const bool real = type.number == hdf5::Number::kFloat32 || type.number == hdf5::Number::kFloat64;
  if (!real && !any_missing) {
    formats::Integers out = hdf5::read_numbers<std::int64_t>(std::move(dataset));
    require_rows(group, out.size());
    return out;
  }
  formats::Reals out = hdf5::read_numbers<double>(std::move(dataset));
  require_rows(group, out.size());
  for (std::size_t row = 0; row < mask.size(); ++row) {
    if (missing(row)) out[row] = std::numeric_limits<double>::quiet_NaN();
  }
  return out;
}

}  // namespace sctab::h5ad
