#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/formats/dataframe.hpp"

namespace sctab::zarr {

using Bytes = std::vector<std::byte>;

/// What a zarr keeps under one key: a run of bytes. Any thread may read.
class Value {
 public:
  Value() = default;
  virtual ~Value() = default;
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;

  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// Fills `out` with the bytes at `offset`, which lie within size(). Throws InputError where they cannot be read.
  virtual void read(std::uint64_t offset, std::span<std::byte> out) const = 0;
  /// The open file that holds just these bytes; -1 where there is none.
  [[nodiscard]] virtual int descriptor() const { return -1; }
};

/// The keys of a zarr ("X/data/0") and what it keeps under them, from a folder or a zip file. Any number of threads may
/// read at once. Errors are InputError and name the file, and the key as the key.
class Storage {
 public:
  Storage() = default;
  virtual ~Storage() = default;
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  /// The path that the user gave.
  [[nodiscard]] virtual const std::filesystem::path& path() const = 0;
  [[nodiscard]] virtual core::FileIdentity identity() const = 0;
  /// Throws where anything that was read, or looked for and not found, is not as it was then.
  virtual void require_unchanged() const = 0;
  /// Null where there is nothing under the key.
  [[nodiscard]] virtual std::unique_ptr<Value> open(const std::string& key) const = 0;
  /// The names right below a key, sorted: of values, and of what other keys go through. "": those at the top.
  [[nodiscard]] virtual formats::Strings names(const std::string& key) const = 0;
  /// Calls visit with each key there is, in any order.
  virtual void visit_keys(const std::function<void(const std::string& key)>& visit) const = 0;

  /// Where a key is, for errors.
  [[nodiscard]] core::Problem place(std::string_view key) const {
    return {.file = path().string(), .key = std::string(key)};
  }
};

/// allow_external: links in a folder may lead out of it. Throws InputError where the path is neither a folder nor a zip
/// file.
std::shared_ptr<const Storage> open_storage(const std::filesystem::path& path, bool allow_external);

/// All bytes under a key. found: false where there is nothing. Throws where there are more than most_bytes, or than
/// memory suffices for; bytes_each: of memory, for a byte, once it is parsed.
struct WholeValue {
  bool found = false;
  Bytes bytes;
};
WholeValue read_whole(const Storage& storage, const std::string& key, std::uint64_t most_bytes,
                      std::int64_t bytes_each = 1);

/// "a/b": the key of `name` in the group at `path`, which may be empty, as the name may.
std::string join(std::string_view path, std::string_view name);

}  // namespace sctab::zarr
