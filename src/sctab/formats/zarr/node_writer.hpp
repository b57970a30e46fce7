#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/arrays/number.hpp"
#include "sctab/formats/dataframe.hpp"
#include "sctab/formats/zarr/target.hpp"

namespace sctab::zarr {

/// How numbers of an array are stored: in their order of bytes, or booleans of a byte.
struct StoredNumber {
  arrays::Number number = arrays::Number::kFloat64;
  bool is_boolean = false;

  [[nodiscard]] std::size_t bytes() const;
};

/// Writes groups and arrays of one version of zarr. Arrays that are written as a whole are compressed by zstd.
class NodeWriter {
 public:
  /// version: 2 or 3.
  NodeWriter(Target& target, int version) : target_(target), version_(version) {}

  void write_group(const std::string& path, const nlohmann::json& attributes);
  /// Arrays of one dimension.
  void write_numbers(const std::string& path, StoredNumber number, std::span<const std::byte> values,
                     const nlohmann::json& attributes);
  void write_texts(const std::string& path, const formats::Strings& texts, const nlohmann::json& attributes);
  void write_scalar(const std::string& path, StoredNumber number, std::span<const std::byte> value,
                    const nlohmann::json& attributes);
  void write_text_scalar(const std::string& path, const std::string& text, const nlohmann::json& attributes);

  /// An array of rows of floats that is not compressed: first its chunks, each of chunk_rows × width floats and the
  /// last filled up, then its metadata.
  void write_row_chunk(const std::string& path, std::int64_t number, std::span<const std::byte> chunk);
  void write_rows_metadata(const std::string& path, std::int64_t n_rows, std::int64_t width, std::int64_t chunk_rows,
                           const nlohmann::json& attributes);

  /// Writes the metadata of a group or an array that there is already, changed. key: "obs/.zattrs", "obs/zarr.json".
  void write_metadata(const std::string& key, const nlohmann::json& metadata);
  /// All metadata written so far, by their keys.
  [[nodiscard]] const std::map<std::string, nlohmann::json>& metadata() const { return metadata_; }

 private:
  struct Shape;
  void write_array_metadata(const std::string& path, const Shape& shape, nlohmann::json attributes);
  void put_chunk(const std::string& key, std::span<const std::byte> bytes);

  Target& target_;
  int version_;
  std::map<std::string, nlohmann::json> metadata_;
};

}  // namespace sctab::zarr
