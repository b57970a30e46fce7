#include "sctab/formats/anndata/dataframe_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "sctab/core/alternatives.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/arrays/next_steps.hpp"

namespace sctab::anndata {
namespace {

using arrays::Number;
using Kind = arrays::ArrayInfo::Kind;

bool is_real(const arrays::ArrayInfo& info) {
  return info.number == Number::kFloat32 || info.number == Number::kFloat64;
}

/// Categories are text, but numbers and booleans happen. They may be values with a mask: pandas' string arrays.
formats::Strings category_texts(const arrays::ArrayGroup& group, const std::string& categories) {
  const std::string path = group.is_array(categories) ? categories : categories + "/values";
  const arrays::ArrayInfo info = group.info(path);
  if (info.kind == Kind::kText) return group.texts(path, "category");
  formats::Strings texts;
  if (info.kind == Kind::kBoolean) {
    for (const auto value : arrays::read_numbers<std::int64_t>(group, path))
      texts.emplace_back(value ? "True" : "False");
  } else if (is_real(info)) {
    for (const auto value : arrays::read_numbers<double>(group, path)) texts.push_back(fmt::format("{}", value));
  } else {
    for (const auto value : arrays::read_numbers<std::int64_t>(group, path)) texts.push_back(fmt::format("{}", value));
  }
  return texts;
}

formats::Booleans as_booleans(const std::vector<std::int64_t>& values) {
  formats::Booleans out(values.size());
  std::transform(values.begin(), values.end(), out.begin(),
                 [](std::int64_t v) { return static_cast<std::uint8_t>(v != 0); });
  return out;
}

/// The names of rows, of values as the index holds them; nothing where they are neither text nor whole numbers.
std::optional<formats::Strings> as_names(formats::ColumnValues values) {
  formats::Strings names;
  if (auto* const texts = std::get_if<formats::Strings>(&values)) return std::move(*texts);
  if (const auto* const texts = std::get_if<formats::Categorical>(&values)) {
    for (std::size_t row = 0; row < texts->codes.size(); ++row) names.push_back(texts->value(row));
    return names;
  }
  const auto* const numbers = std::get_if<formats::Integers>(&values);
  if (numbers == nullptr) return std::nullopt;
  for (const std::int64_t value : *numbers) names.push_back(fmt::format("{}", value));
  return names;
}

}  // namespace

DataframeReader::DataframeReader(std::shared_ptr<const arrays::ArrayGroup> root, const std::string& path,
                                 std::string old_categories)
    : root_(std::move(root)) {
  if (root_->is_array(path)) {
    table_ = root_->records(path);
    old_categories_ = std::move(old_categories);
    const formats::Strings fields = table_->texts_attribute("", "fields");
    if (fields.empty()) throw table_->error("", {.found = "has no fields", .next_step = arrays::kWriteAgain});
    index_name_ = fields.front();
  } else if (root_->is_group(path)) {
    table_ = root_->group(path);
    index_name_ = index_name_of_group();
  } else {
    throw root_->error("", {.found = fmt::format("has no {}", path),
                            .expected = "an h5ad file or a zarr folder as AnnData writes it"});
  }
  const std::string index = table_->is_array(index_name_) ? index_name_ : index_name_ + "/values";
  const auto shape = table_->info(index).shape;
  if (shape.size() != 1) {
    throw table_->error(index,
                        {.found = "does not hold a single column of row names", .next_step = arrays::kWriteAgain});
  }
  n_rows_ = shape[0];
  core::Problem place = table_->place("");  // for a text column; numeric columns take less
  place.found = fmt::format("has {}", core::plural(n_rows_, "row"));
  core::require_memory(n_rows_, sizeof(std::string), std::move(place));
}

std::string DataframeReader::index_name_of_group() const {
  std::string name = table_->text_attribute("", "_index");
  if (!name.empty() && table_->exists(name)) return name;
  for (const char* usual : {"_index", "index"}) {
    if (table_->exists(usual)) return usual;
  }
  throw table_->error("", {.found = "has no index of row names", .next_step = "write the file again with AnnData"});
}

formats::Strings DataframeReader::index() const {
  std::optional<formats::Strings> names =
      as_names(table_->is_array(index_name_) ? read_array(index_name_) : read_group(index_name_));
  if (names) return *std::move(names);
  throw table_->error("", {.found = fmt::format("the row names ({}) are neither text nor whole numbers", index_name_),
                           .next_step = "write the file again with names as text"});
}

formats::Strings DataframeReader::columns() const {
  formats::Strings names = !old_categories_.empty()                    ? table_->texts_attribute("", "fields")
                           : table_->has_attribute("", "column-order") ? table_->texts_attribute("", "column-order")
                                                                       : table_->members("");
  std::erase_if(names, [this](const std::string& name) { return !has(name); });
  return names;
}

bool DataframeReader::has(std::string_view column) const {
  return !column.empty() && column != index_name_ && column != "__categories" &&
         column.find('/') == std::string_view::npos && table_->exists(column);
}

formats::Column DataframeReader::column(std::string_view name) const {
  if (!has(name)) {
    throw table_->error("",
                        {.found = fmt::format("has no column '{}'", name), .expected = core::alternatives(columns())});
  }
  std::string key(name);
  formats::ColumnValues values = table_->is_array(key) ? read_array(key) : read_group(key);
  if (const auto* texts = std::get_if<formats::Strings>(&values)) values = formats::as_categorical(*texts);
  return {std::move(key), std::move(values)};
}

void DataframeReader::require_rows(const std::string& path, std::size_t n) const {
  if (std::cmp_equal(n, n_rows_)) return;
  throw table_->error(path, {.found = fmt::format("has {}", core::plural(static_cast<std::int64_t>(n), "row")),
                             .expected = fmt::format("{}", n_rows_),
                             .next_step = arrays::kWriteAgain});
}

formats::ColumnValues DataframeReader::read_array(const std::string& name) const {
  if (!old_categories_.empty()) return read_record_field(name);
  const std::string old = "__categories/" + name;  // of anndata 0.7
  if (!table_->exists(old)) return read_plain(name);
  return read_categorical(name, old, table_->boolean_attribute(old, "ordered").value_or(false));
}

/// Categories of another table's column may be of the same name: they do not have a category for each of the numbers.
formats::ColumnValues DataframeReader::read_record_field(const std::string& name) const {
  formats::ColumnValues values = read_plain(name);
  const std::string path = fmt::format("{}/{}_categories", old_categories_, name);
  const auto* const codes = std::get_if<formats::Integers>(&values);
  if (codes == nullptr || name == index_name_ || !root_->is_array(path)) return values;
  formats::Categorical column;
  column.categories = category_texts(*root_, path);
  for (const std::int64_t code : *codes) {
    if (code < -1 || std::cmp_greater_equal(code, column.categories.size())) return values;
    column.codes.push_back(static_cast<std::int32_t>(code));
  }
  return column;
}

formats::ColumnValues DataframeReader::read_plain(const std::string& name) const {
  const arrays::ArrayInfo info = table_->info(name);
  if (info.kind == Kind::kText) {
    formats::Strings texts = table_->texts(name);
    require_rows(name, texts.size());
    return texts;
  }
  if (!info.is_numeric()) {
    throw table_->error(
        name, {.found = "is neither text, numbers nor booleans", .next_step = "remove the column or convert it"});
  }
  const std::unique_ptr<arrays::NumberArray> numbers = table_->numbers(name);
  require_rows(name, static_cast<std::size_t>(numbers->size()));
  const auto fill = [&](auto values) -> formats::ColumnValues {
    values.resize(static_cast<std::size_t>(n_rows_));
    numbers->read(0, std::span(values));
    return values;
  };
  if (info.kind == Kind::kBoolean) return as_booleans(std::get<formats::Integers>(fill(formats::Integers())));
  if (info.number == Number::kFloat32) return fill(formats::Reals32());
  if (info.number == Number::kFloat64 || info.number == Number::kUint64) return fill(formats::Reals());
  return fill(formats::Integers());
}

formats::ColumnValues DataframeReader::read_group(const std::string& name) const {
  if (table_->is_array(name + "/codes") && table_->exists(name + "/categories")) {
    const bool ordered = table_->boolean_attribute(name, "ordered").value_or(false);
    return read_categorical(name + "/codes", name + "/categories", ordered);
  }
  if (table_->is_array(name + "/values") && table_->is_array(name + "/mask")) return read_nullable(name);
  throw table_->error(name, {.found = "holds neither categories nor values with a mask",
                             .next_step = "remove the column or convert it"});
}

formats::Categorical DataframeReader::read_categorical(const std::string& codes, const std::string& categories,
                                                       bool ordered) const {
  formats::Categorical out;
  out.ordered = ordered;
  out.categories = category_texts(*table_, categories);
  const std::unique_ptr<arrays::NumberArray> numbers = table_->numbers(codes);
  require_rows(codes, static_cast<std::size_t>(numbers->size()));
  out.codes.resize(static_cast<std::size_t>(n_rows_));
  numbers->read(0, std::span(out.codes));
  for (std::size_t row = 0; row < out.codes.size(); ++row) {
    if (out.codes[row] >= -1 && std::cmp_less(out.codes[row], out.categories.size())) continue;
    throw table_->error(
        codes, {.found = fmt::format("row {} has category {} of {}", row, out.codes[row], out.categories.size()),
                .next_step = arrays::kWriteAgain});
  }
  return out;
}

formats::ColumnValues DataframeReader::read_nullable(const std::string& name) const {
  const auto mask = arrays::read_numbers<std::int64_t>(*table_, name + "/mask");
  require_rows(name, mask.size());
  const std::string path = name + "/values";
  const arrays::ArrayInfo info = table_->info(path);
  if (info.kind == Kind::kText) {
    const formats::Strings texts = table_->texts(path);
    require_rows(name, texts.size());
    formats::Categorical out = formats::as_categorical(texts);
    for (std::size_t row = 0; row < mask.size(); ++row) {
      if (mask[row] != 0) out.codes[row] = -1;
    }
    return out;
  }
  const bool any_missing = std::ranges::any_of(mask, [](std::int64_t m) { return m != 0; });
  if (info.kind == Kind::kBoolean) {
    formats::Booleans out = as_booleans(arrays::read_numbers<std::int64_t>(*table_, path));
    require_rows(name, out.size());
    for (std::size_t row = 0; row < mask.size(); ++row) {
      if (mask[row] != 0) out[row] = 2;
    }
    return out;
  }
  if (!is_real(info) && !any_missing) {
    formats::Integers out = arrays::read_numbers<std::int64_t>(*table_, path);
    require_rows(name, out.size());
    return out;
  }
  formats::Reals out = arrays::read_numbers<double>(*table_, path);
  require_rows(name, out.size());
  for (std::size_t row = 0; row < mask.size(); ++row) {
    if (mask[row] != 0) out[row] = std::numeric_limits<double>::quiet_NaN();
  }
  return out;
}

}  // namespace sctab::anndata
