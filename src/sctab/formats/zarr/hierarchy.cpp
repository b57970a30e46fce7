#include "sctab/formats/zarr/hierarchy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/formats/arrays/next_steps.hpp"
#include "sctab/formats/zarr/stored_arrays.hpp"

namespace sctab::zarr {
namespace {

using nlohmann::json;
using Kind = Node::Kind;

constexpr std::uint64_t kMostBytesOfMetadata = 1 << 28;
constexpr std::int64_t kMemoryOfJson = 20;  // bytes, for a byte of it
constexpr std::size_t kMostNodes = 10'000;  // kept

/// Attributes that give encodings are objects; a zarr of anything else has nothing that sctab reads.
json object_or_empty(json value) {
  return value.is_object() ? std::move(value) : json::object();
}

}  // namespace

Hierarchy::Hierarchy(std::shared_ptr<const Storage> storage) : storage_(std::move(storage)) {
  // Where both are there, as after `zarr migrate`, zarr-python reads version 3.
  version_ = storage_->open("zarr.json") != nullptr ? 3 : 2;
  if (node("")->kind == Kind::kGroup) return;
  core::Problem problem = storage_->place(version_ == 3 ? "zarr.json" : ".zgroup");
  problem.found =
      node("")->kind == Kind::kArray ? "is an array by itself" : "no such file: it is not a zarr of AnnData";
  problem.expected = "a folder or a .zip of one, as adata.write_zarr() makes it";
  throw core::InputError(std::move(problem));
}

bool Hierarchy::is_metadata_name(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNames = {"zarr.json", ".zgroup", ".zarray", ".zattrs", ".zmetadata"};
  return std::ranges::find(kNames, name) != kNames.end();
}

json Hierarchy::read_json(const std::string& key) const {
  const WholeValue whole = read_whole(*storage_, key, kMostBytesOfMetadata, kMemoryOfJson);
  if (!whole.found) return {};
  core::Problem place = storage_->place(key);
  place.next_step = arrays::kCopyAgain;
  json value = core::parse_json({reinterpret_cast<const char*>(whole.bytes.data()), whole.bytes.size()}, place);
  if (value.is_object()) return value;
  place.found = "is not a JSON object";
  throw core::InputError(std::move(place));
}

std::shared_ptr<const Node> Hierarchy::read_node(const std::string& path) const {
  auto node = std::make_shared<Node>();
  node->attributes = json::object();
  if (version_ == 3) {
    node->metadata = read_json(join(path, "zarr.json"));
    if (node->metadata.is_null()) return node;
    core::Problem place = storage_->place(join(path, "zarr.json"));
    place.next_step = arrays::kWriteAgain;
    const core::JsonFields fields(node->metadata, place);
    const auto type = fields.get<std::string>("node_type");
    if (type != "group" && type != "array") throw fields.error("node_type", "group or array");
    (void)fields.get<std::int64_t>("zarr_format", 3, 3);
    node->kind = type == "group" ? Kind::kGroup : Kind::kArray;
    node->attributes = object_or_empty(node->metadata.value("attributes", json()));
    node->metadata.erase("attributes");
    node->metadata.erase("consolidated_metadata");
    return node;
  }
  node->metadata = read_json(join(path, ".zarray"));
  node->kind = Kind::kArray;
  if (node->metadata.is_null()) {
    node->metadata = read_json(join(path, ".zgroup"));
    node->kind = node->metadata.is_null() ? Kind::kNone : Kind::kGroup;
  }
  if (node->kind != Kind::kNone) node->attributes = object_or_empty(read_json(join(path, ".zattrs")));
  return node;
}

std::shared_ptr<const Node> Hierarchy::node(const std::string& path) const {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = nodes_.find(path); known != nodes_.end()) return known->second;
  }
  std::shared_ptr<const Node> made = read_node(path);
  const std::lock_guard lock(mutex_);
  if (nodes_.size() >= kMostNodes) nodes_.clear();
  return nodes_.try_emplace(path, std::move(made)).first->second;
}

StoredArray Hierarchy::array(const std::string& path) const {
  const auto found = node(path);
  if (found->kind != Kind::kArray) {
    core::Problem problem = storage_->place(path);
    problem.found = found->kind == Kind::kGroup ? "is a group in place of an array" : "is missing";
    problem.next_step = arrays::kWriteAgain;
    throw core::InputError(std::move(problem));
  }
  StoredArray array{.storage = storage_, .path = path, .header = {}};
  array.header = version_ == 3 ? parse_header_3(found->metadata, storage_->place(join(path, "zarr.json")))
                               : parse_header_2(found->metadata, storage_->place(join(path, ".zarray")));
  return array;
}

formats::Strings Hierarchy::members(const std::string& path) const {
  formats::Strings names;
  for (std::string& name : storage_->names(path)) {
    core::check_interrupt();
    if (is_metadata_name(name) || node(join(path, name))->kind == Kind::kNone) continue;
    names.push_back(std::move(name));
  }
  return names;
}

std::shared_ptr<const Node> Group::node(std::string_view path) const {
  return hierarchy_->node(join(path_, path));
}

bool Group::is_group(std::string_view path) const {
  return node(path)->kind == Kind::kGroup;
}

bool Group::is_array(std::string_view path) const {
  return node(path)->kind == Kind::kArray;
}

formats::Strings Group::members(std::string_view path) const {
  if (!is_group(path)) throw error(path, {.found = "is not a group", .next_step = arrays::kWriteAgain});
  return hierarchy_->members(join(path_, path));
}

std::unique_ptr<arrays::ArrayGroup> Group::group(std::string_view path) const {
  if (!is_group(path)) throw error(path, {.found = "is not a group", .next_step = arrays::kWriteAgain});
  return std::make_unique<Group>(hierarchy_, join(path_, path));
}

arrays::ArrayInfo Group::info(std::string_view path) const {
  const std::string key = join(path_, path);
  arrays::ArrayInfo info = hierarchy_->array(key).header.info();
  // A structured type of numpy.
  const json& metadata = hierarchy_->node(key)->metadata;
  if (metadata.contains("dtype") && metadata["dtype"].is_array()) info.kind = arrays::ArrayInfo::Kind::kRecords;
  return info;
}

std::unique_ptr<arrays::NumberArray> Group::numbers(std::string_view path) const {
  const std::string key = join(path_, path);
  StoredArray array = hierarchy_->array(key);
  // Zeros are what a sparse matrix leaves out: a whole chunk of them was lost. Of all other arrays zarr-python leaves
  // out chunks that hold nothing but zeros.
  const std::size_t slash = key.rfind('/');
  if (slash != std::string::npos && key.substr(slash) == "/data") {
    const json& attributes = hierarchy_->node(key.substr(0, slash))->attributes;
    array.refuses_missing = attributes.contains("shape") || attributes.contains("h5sparse_shape");
  }
  return open_numbers(std::move(array));
}

std::unique_ptr<arrays::NumberMatrix> Group::matrix(std::string_view path) const {
  return open_matrix(hierarchy_->array(join(path_, path)));
}

formats::Strings Group::texts(std::string_view path, std::string_view counted) const {
  return read_texts(hierarchy_->array(join(path_, path)), counted);
}

std::unique_ptr<arrays::ArrayGroup> Group::records(std::string_view path) const {
  throw error(path, {.found = "is a table of AnnData before 0.7, which sctab reads in .h5ad files alone",
                     .next_step = "open it with anndata and write it again: adata.write_zarr(\"new.zarr\")"});
}

json Group::attribute(std::string_view path, const std::string& name) const {
  return node(path)->attributes.value(name, json());
}

bool Group::has_attribute(std::string_view path, const std::string& name) const {
  return node(path)->attributes.contains(name);
}

std::string Group::text_attribute(std::string_view path, const std::string& name) const {
  const json value = attribute(path, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

formats::Strings Group::texts_attribute(std::string_view path, const std::string& name) const {
  const json value = attribute(path, name);
  formats::Strings texts;
  if (!value.is_array()) return texts;
  for (const json& text : value) {
    if (!text.is_string()) return {};
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

std::optional<bool> Group::boolean_attribute(std::string_view path, const std::string& name) const {
  const json value = attribute(path, name);
  if (value.is_boolean()) return value.get<bool>();
  return std::nullopt;
}

std::vector<std::int64_t> Group::integers_attribute(std::string_view path, const std::string& name) const {
  const json value = attribute(path, name);
  std::vector<std::int64_t> integers;
  if (!value.is_array()) return integers;
  for (const json& each : value) {
    // Sizes beyond this are no sizes of anything.
    if (!each.is_number_integer() || (each.is_number_unsigned() && each.get<std::uint64_t>() >> 62U != 0)) return {};
    integers.push_back(each.get<std::int64_t>());
  }
  return integers;
}

core::Problem Group::place(std::string_view path) const {
  return hierarchy_->storage().place(join(path_, path));
}

}  // namespace sctab::zarr
