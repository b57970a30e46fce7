#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "sctab/formats/arrays/array_group.hpp"
#include "sctab/formats/zarr/chunk_reader.hpp"
#include "sctab/formats/zarr/storage.hpp"

namespace sctab::zarr {

/// What lies at a path of a zarr.
struct Node {
  enum class Kind : std::uint8_t { kNone, kGroup, kArray } kind = Kind::kNone;
  nlohmann::json metadata;    // of .zarray, .zgroup or zarr.json
  nlohmann::json attributes;  // an object
};

/// The groups and arrays of a zarr, version 2 or 3. Metadata are read where they are asked for, from each group's and
/// array's own keys: what was consolidated elsewhere is a copy of them. Any number of threads may ask at once. Errors
/// are InputError and name the file and the key.
class Hierarchy {
 public:
  /// Throws where there is no group at the top.
  explicit Hierarchy(std::shared_ptr<const Storage> storage);

  [[nodiscard]] int version() const { return version_; }
  [[nodiscard]] const Storage& storage() const { return *storage_; }
  [[nodiscard]] std::shared_ptr<const Node> node(const std::string& path) const;
  /// Throws where there is no array.
  [[nodiscard]] StoredArray array(const std::string& path) const;
  /// The names of the groups and arrays in a group, sorted.
  [[nodiscard]] formats::Strings members(const std::string& path) const;

  /// The JSON object under a key; null where there is none.
  [[nodiscard]] nlohmann::json read_json(const std::string& key) const;

  /// Names of metadata in a group or an array: "zarr.json"; ".zgroup", ".zarray", ".zattrs".
  static bool is_metadata_name(std::string_view name);

 private:
  [[nodiscard]] std::shared_ptr<const Node> read_node(const std::string& path) const;

  std::shared_ptr<const Storage> storage_;
  int version_ = 2;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::shared_ptr<const Node>> nodes_;
};

/// A group of a zarr, and all below it.
class Group final : public arrays::ArrayGroup {
 public:
  Group(std::shared_ptr<const Hierarchy> hierarchy, std::string path)
      : hierarchy_(std::move(hierarchy)), path_(std::move(path)) {}

  [[nodiscard]] bool is_group(std::string_view path) const override;
  [[nodiscard]] bool is_array(std::string_view path) const override;
  [[nodiscard]] formats::Strings members(std::string_view path) const override;
  [[nodiscard]] std::unique_ptr<arrays::ArrayGroup> group(std::string_view path) const override;
  [[nodiscard]] arrays::ArrayInfo info(std::string_view path) const override;
  [[nodiscard]] std::unique_ptr<arrays::NumberArray> numbers(std::string_view path) const override;
  [[nodiscard]] std::unique_ptr<arrays::NumberMatrix> matrix(std::string_view path) const override;
  [[nodiscard]] formats::Strings texts(std::string_view path, std::string_view counted = "row") const override;
  [[nodiscard]] std::unique_ptr<arrays::ArrayGroup> records(std::string_view path) const override;

  [[nodiscard]] bool has_attribute(std::string_view path, const std::string& name) const override;
  [[nodiscard]] std::string text_attribute(std::string_view path, const std::string& name) const override;
  [[nodiscard]] formats::Strings texts_attribute(std::string_view path, const std::string& name) const override;
  [[nodiscard]] std::optional<bool> boolean_attribute(std::string_view path, const std::string& name) const override;
  [[nodiscard]] std::vector<std::int64_t> integers_attribute(std::string_view path,
                                                             const std::string& name) const override;
  [[nodiscard]] core::Problem place(std::string_view path) const override;

 private:
  [[nodiscard]] std::shared_ptr<const Node> node(std::string_view path) const;
  /// Null where there is none.
  [[nodiscard]] nlohmann::json attribute(std::string_view path, const std::string& name) const;

  std::shared_ptr<const Hierarchy> hierarchy_;
  std::string path_;
};

}  // namespace sctab::zarr
