#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/zarr/folder_target.hpp"
#include "sctab/formats/zarr/hierarchy.hpp"
#include "sctab/formats/zarr/storage.hpp"
#include "support/fixtures.hpp"

namespace sctab::zarr {

/// Numbers as they lie in memory, as the content of a chunk.
template <typename T>
std::string raw(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

/// The bytes of a number, the lowest first.
inline std::string little_endian(std::uint64_t value, std::size_t n_bytes) {
  std::string bytes;
  for (std::size_t i = 0; i < n_bytes; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

/// A zarr in a folder of its own, key by key.
class ZarrFolder {
 public:
  /// version 2 or 3; has the group at the top.
  explicit ZarrFolder(int version) {
    version == 3 ? put("zarr.json", R"({"zarr_format": 3, "node_type": "group", "attributes": {}})")
                 : put(".zgroup", R"({"zarr_format": 2})");
  }
  void put(const std::string& key, std::string_view content) const {
    std::filesystem::create_directories((path() / key).parent_path());
    tests::write_bytes(path() / key, content);
  }
  /// An array of zarr 2: dtype, shape and chunks as JSON. more: ', "order": "F"'.
  void put_array_2(const std::string& path, const std::string& dtype, const std::string& shape,
                   const std::string& chunks, const std::string& more = "") const {
    put(path + "/.zarray", R"({"zarr_format": 2, "fill_value": 0, "compressor": null, "filters": null, "dtype": )" +
                               dtype + R"(, "shape": )" + shape + R"(, "chunks": )" + chunks + more + "}");
  }
  /// An array of zarr 3; codecs as JSON.
  void put_array_3(const std::string& path, const std::string& type, const std::string& shape,
                   const std::string& chunks, const std::string& codecs, const std::string& more = "") const {
    put(path + "/zarr.json", R"({"zarr_format": 3, "node_type": "array", "fill_value": 0, "data_type": )" + type +
                                 R"(, "shape": )" + shape +
                                 R"(, "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": )" + chunks +
                                 R"(}}, "chunk_key_encoding": {"name": "default"}, "codecs": )" + codecs + more + "}");
  }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "x.zarr"; }
  [[nodiscard]] Group open(bool allow_external = false) const {
    return {std::make_shared<Hierarchy>(open_storage(path(), allow_external)), ""};
  }

 private:
  tests::TemporaryFolder folder_;
};

/// A folder with what a zip file holds.
inline void unpack(const std::filesystem::path& zip, const std::filesystem::path& folder) {
  const auto storage = open_storage(zip, false);
  FolderTarget target(folder);
  storage->visit_keys([&](const std::string& key) { (void)target.copy(*storage, key); });
}

inline constexpr const char* kBytesCodec = R"([{"name": "bytes", "configuration": {"endian": "little"}}])";

}  // namespace sctab::zarr
