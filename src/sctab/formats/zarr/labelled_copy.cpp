#include "sctab/formats/zarr/labelled_copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>
#include <variant>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"

namespace sctab::zarr {
namespace {

using arrays::Number;
using nlohmann::json;

constexpr std::int64_t kFloatsOfChunk = 1 << 18;

template <typename T>
StoredNumber stored_as() {
  if constexpr (std::is_same_v<T, std::int8_t>) return {.number = Number::kInt8};
  if constexpr (std::is_same_v<T, std::int16_t>) return {.number = Number::kInt16};
  if constexpr (std::is_same_v<T, std::int32_t>) return {.number = Number::kInt32};
  if constexpr (std::is_same_v<T, std::int64_t>) return {.number = Number::kInt64};
  if constexpr (std::is_same_v<T, std::uint64_t>) return {.number = Number::kUint64};
  if constexpr (std::is_same_v<T, float>) return {.number = Number::kFloat32};
  return {.number = Number::kFloat64};
}

constexpr StoredNumber kBooleans{.number = Number::kInt8, .is_boolean = true};

/// Whether a key is a path, or lies below it.
bool lies_in(std::string_view key, std::string_view path) {
  return key.starts_with(path) && (key.size() == path.size() || key[path.size()] == '/');
}

std::string_view file_name(std::string_view key) {
  return key.substr(key.rfind('/') + 1);
}

std::string folder_name(const std::string& key) {
  const std::size_t slash = key.rfind('/');
  return slash == std::string::npos ? std::string() : key.substr(0, slash);
}

/// The groups that a path goes through, the first of them "", and itself.
std::vector<std::string> groups_to(const std::string& path) {
  std::vector<std::string> groups{""};
  if (path.empty()) return groups;
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    groups.push_back(path.substr(0, slash));
  }
  groups.push_back(path);
  return groups;
}

bool is_marked(const Hierarchy& source, const std::string& root) {
  return source.node(root)->attributes.contains("encoding-type");
}

}  // namespace

LabelledCopy::LabelledCopy(std::shared_ptr<const Hierarchy> source, std::string root, std::int64_t n_cells,
                           const std::filesystem::path& target)
    : source_(std::move(source)),
      root_(std::move(root)),
      n_cells_(n_cells),
      target_(make_target(target)),
      writer_(*target_, source_->version()),
      is_legacy_table_(source_->node(within("obs"))->attributes.value("encoding-version", json()) != "0.2.0"),
      is_legacy_(!is_marked(*source_, root_)),
      leading_(groups_to(root_)) {
  // Read now: what is damaged would else show up after hours of work.
  const char* const name = source_->version() == 3 ? "zarr.json" : ".zattrs";
  for (const char* table : {"obs", "obsm", "uns"}) {
    const std::string key = join(within(table), name);
    shared_[key] = source_->read_json(key);
  }
  for (const std::string& group : leading_) {
    const std::string key = join(group, source_->version() == 3 ? "zarr.json" : ".zmetadata");
    shared_[key] = source_->read_json(key);
  }
  copied_ = thread_.submit([this, stop = stop_.get_token()] { copy_keys(true, stop); });
}

LabelledCopy::~LabelledCopy() {
  stop_.request_stop();
}

json LabelledCopy::marked(std::string_view type, std::string_view version) const {
  if (is_legacy_) return json::object();
  return {{"encoding-type", type}, {"encoding-version", version}};
}

bool LabelledCopy::is_independent(const std::string& key) const {
  for (const char* table : {"obs", "obsm", "uns"}) {
    if (lies_in(key, within(table))) return false;
  }
  const bool leads = std::ranges::find(leading_, folder_name(key)) != leading_.end();
  return !(leads && Hierarchy::is_metadata_name(file_name(key)));
}

bool LabelledCopy::is_replaced(const std::string& key) const {
  if (writer_.metadata().contains(key)) return true;
  for (std::string path = key; !path.empty(); path = folder_name(path)) {
    if (replaced_.contains(path)) return true;
  }
  return false;
}

void LabelledCopy::copy_keys(bool independent, const std::stop_token& stop) {
  source_->storage().visit_keys([&](const std::string& key) {
    core::check_interrupt();
    if (stop.stop_requested() || is_independent(key) != independent || (!independent && is_replaced(key))) return;
    (void)target_->copy(source_->storage(), key);
  });
}

void LabelledCopy::append_obsm(std::string_view name, std::int64_t width, std::span<const float> rows) {
  SCTAB_ASSERT(width > 0 && (width_ == 0 || (width_ == width && obsm_path_ == within(join("obsm", name)))));
  if (width_ == 0) {
    obsm_path_ = within(join("obsm", name));
    replaced_.insert(obsm_path_);
    width_ = width;
    chunk_rows_ = std::clamp<std::int64_t>(kFloatsOfChunk / width, 1, std::max<std::int64_t>(1, n_cells_));
  }
  rows_.insert(rows_.end(), rows.begin(), rows.end());
  n_rows_ += static_cast<std::int64_t>(rows.size()) / width;
  flush_obsm(false);
}

void LabelledCopy::flush_obsm(bool is_last) {
  const auto chunk = static_cast<std::size_t>(chunk_rows_ * width_);
  if (is_last && rows_.size() % chunk != 0) rows_.resize((rows_.size() / chunk + 1) * chunk);
  std::size_t done = 0;
  for (; rows_.size() - done >= chunk; done += chunk) {
    writer_.write_row_chunk(obsm_path_, n_chunks_++, std::as_bytes(std::span(rows_).subspan(done, chunk)));
  }
  rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(done));
}

void LabelledCopy::finish_obsm() {
  if (width_ == 0) return;
  SCTAB_ASSERT(n_rows_ == n_cells_);
  flush_obsm(true);
  writer_.write_rows_metadata(obsm_path_, n_cells_, width_, chunk_rows_, marked("array", "0.2.0"));
}

void LabelledCopy::put_obs(const formats::Column& column) {
  SCTAB_ASSERT(std::cmp_equal(n_rows(column.values), n_cells_));
  const std::string path = within(join("obs", column.name));
  replaced_.insert(path);
  replaced_.insert(within(join("obs/__categories", column.name)));
  new_columns_.push_back(column.name);
  const auto write = [&](const auto& values) {
    using Values = std::decay_t<decltype(values)>;
    if constexpr (std::is_same_v<Values, formats::Categorical>) {
      write_categorical(path, column.name, values);
    } else if constexpr (std::is_same_v<Values, formats::Booleans>) {
      write_booleans(path, column.name, values);
    } else if constexpr (std::is_same_v<Values, formats::Strings>) {
      writer_.write_texts(path, values, marked("string-array", "0.2.0"));
    } else {
      writer_.write_numbers(path, stored_as<typename Values::value_type>(), std::as_bytes(std::span(values)),
                            marked("array", "0.2.0"));
    }
  };
  std::visit(write, column.values);
}

void LabelledCopy::write_categorical(const std::string& path, const std::string& name,
                                     const formats::Categorical& column) {
  const std::size_t n = column.categories.size();
  for (const std::int32_t code : column.codes) SCTAB_ASSERT(code >= -1 && std::cmp_less(code, n));
  const std::string categories = "__categories/" + name;
  const std::string codes_path = is_legacy_table_ ? path : path + "/codes";
  const json attributes = is_legacy_table_ ? json{{"categories", categories}} : marked("array", "0.2.0");
  // In the narrowest type, as pandas has them.
  const auto write_codes = [&](auto kind) {
    using Code = decltype(kind);
    std::vector<Code> codes;
    for (const std::int32_t code : column.codes) codes.push_back(static_cast<Code>(code));
    writer_.write_numbers(codes_path, stored_as<Code>(), std::as_bytes(std::span(codes)), attributes);
  };
  if (n <= std::numeric_limits<std::int8_t>::max()) {
    write_codes(std::int8_t{});
  } else if (n <= std::numeric_limits<std::int16_t>::max()) {
    write_codes(std::int16_t{});
  } else {
    write_codes(std::int32_t{});
  }
  if (is_legacy_table_) {
    const std::string group = within("obs/__categories");
    const bool is_there = source_->node(group)->kind == Node::Kind::kGroup;
    if (!is_there && !writer_.metadata().contains(group + "/.zgroup")) writer_.write_group(group, json::object());
    return writer_.write_texts(within("obs/" + categories), column.categories, {{"ordered", column.ordered}});
  }
  json group = marked("categorical", "0.2.0");
  group["ordered"] = column.ordered;
  writer_.write_group(path, group);
  writer_.write_texts(path + "/categories", column.categories, marked("string-array", "0.2.0"));
}

void LabelledCopy::write_booleans(const std::string& path, const std::string& name, const formats::Booleans& values) {
  const bool any_missing = std::ranges::find(values, std::uint8_t{2}) != values.end();
  if (!any_missing) {
    return writer_.write_numbers(path, kBooleans, std::as_bytes(std::span(values)), marked("array", "0.2.0"));
  }
  if (is_legacy_table_) return write_categorical(path, name, formats::as_text(values));
  formats::Booleans held, missing;
  for (const std::uint8_t value : values) {
    held.push_back(value == 1 ? 1 : 0);
    missing.push_back(value == 2 ? 1 : 0);
  }
  writer_.write_group(path, marked("nullable-boolean", "0.1.0"));
  writer_.write_numbers(path + "/values", kBooleans, std::as_bytes(std::span(held)), marked("array", "0.2.0"));
  writer_.write_numbers(path + "/mask", kBooleans, std::as_bytes(std::span(missing)), marked("array", "0.2.0"));
}

void LabelledCopy::put_uns(std::string_view name, const json& value) {
  const std::string path = within(join("uns", name));
  replaced_.insert(path);
  write_json(path, value);
}

void LabelledCopy::write_json(const std::string& path, const json& value) {
  const auto write_number = [&](auto number) {
    writer_.write_scalar(path, stored_as<decltype(number)>(), std::as_bytes(std::span(&number, 1)),
                         marked("numeric-scalar", "0.2.0"));
  };
  if (value.is_object()) {
    writer_.write_group(path, marked("dict", "0.1.0"));
    for (const auto& [key, member] : value.items()) write_json(join(path, key), member);
  } else if (value.is_string()) {
    writer_.write_text_scalar(path, value.get<std::string>(), marked("string", "0.2.0"));
  } else if (value.is_boolean()) {
    const std::uint8_t byte = value.get<bool>() ? 1 : 0;
    writer_.write_scalar(path, kBooleans, std::as_bytes(std::span(&byte, 1)), marked("numeric-scalar", "0.2.0"));
  } else if (value.is_number_unsigned() && value.get<std::uint64_t>() >> 63U != 0) {
    write_number(value.get<std::uint64_t>());
  } else if (value.is_number_integer()) {
    write_number(value.get<std::int64_t>());
  } else if (value.is_number()) {
    write_number(value.get<double>());
  } else {
    SCTAB_ASSERT(value.is_array());
    write_json_array(path, value);
  }
}

void LabelledCopy::write_json_array(const std::string& path, const json& value) {
  const auto are = [&value](auto is_kind) { return std::ranges::all_of(value, is_kind); };
  const auto write_numbers = [&](auto numbers) {
    writer_.write_numbers(path, stored_as<typename decltype(numbers)::value_type>(), std::as_bytes(std::span(numbers)),
                          marked("array", "0.2.0"));
  };
  if (!value.empty() && are([](const json& each) { return each.is_string(); })) {
    writer_.write_texts(path, value.get<formats::Strings>(), marked("string-array", "0.2.0"));
  } else if (!value.empty() && are([](const json& each) { return each.is_number_integer(); })) {
    write_numbers(value.get<std::vector<std::int64_t>>());
  } else {
    SCTAB_ASSERT(are([](const json& each) { return each.is_number(); }));
    write_numbers(value.get<std::vector<double>>());
  }
}

void LabelledCopy::close() {
  finish_obsm();
  copied_.get();
  write_groups();
  write_consolidated();
  copy_keys(false, {});
  target_->close();
}

void LabelledCopy::write_groups() {
  const bool is_3 = source_->version() == 3;
  for (const char* table : {"obsm", "uns"}) {
    const bool is_there = source_->node(within(table))->kind == Node::Kind::kGroup;
    const bool is_needed =
        std::ranges::any_of(replaced_, [&](const auto& path) { return lies_in(path, within(table)); });
    if (!is_there && is_needed) writer_.write_group(within(table), marked("dict", "0.1.0"));
  }
  const std::string key = join(within("obs"), is_3 ? "zarr.json" : ".zattrs");
  json metadata = shared_.at(key);
  json& attributes = is_3 ? metadata["attributes"] : metadata;
  if (!attributes.is_object()) attributes = json::object();
  json& order = attributes["column-order"];
  if (!order.is_array()) {
    order = json::array();
    for (const std::string& name : source_->members(within("obs"))) {
      if (name != "__categories" && name != attributes.value("_index", json("_index"))) order.push_back(name);
    }
  }
  for (const std::string& name : new_columns_) {
    if (std::ranges::find(order, json(name)) == order.end()) order.push_back(name);
  }
  writer_.write_metadata(key, metadata);
}

/// The copies of all metadata that some programs read in place of the groups' and arrays' own.
void LabelledCopy::write_consolidated() {
  const bool is_3 = source_->version() == 3;
  const std::map<std::string, json> written = writer_.metadata();
  for (const std::string& group : leading_) {
    const std::string key = join(group, is_3 ? "zarr.json" : ".zmetadata");
    json document = shared_.at(key);
    json* const consolidated = is_3 && document.contains("consolidated_metadata") ? &document["consolidated_metadata"]
                               : is_3                                             ? nullptr
                                                                                  : &document;
    if (consolidated == nullptr || !consolidated->is_object()) continue;
    json& nodes = (*consolidated)["metadata"];
    if (!nodes.is_object()) continue;
    const std::string prefix = group.empty() ? "" : group + "/";
    for (auto node = nodes.begin(); node != nodes.end();) {
      const bool is_gone = is_replaced(prefix + node.key());
      node = is_gone ? nodes.erase(node) : std::next(node);
    }
    for (const auto& [path, metadata] : written) {
      if (!path.starts_with(prefix)) continue;
      const std::string name = is_3 ? folder_name(path) : path;
      if (name.size() <= prefix.size()) continue;
      json& node = nodes[name.substr(prefix.size())];
      node = metadata;
      if (is_3 && node["node_type"] == "group") {
        node["consolidated_metadata"] = {{"kind", "inline"}, {"must_understand", false}, {"metadata", json::object()}};
      }
    }
    writer_.write_metadata(key, document);
  }
}

}  // namespace sctab::zarr
