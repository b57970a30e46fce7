#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sctab::tests {

/// Operations of a pickle of protocol 2, one after the other.
class PickleText {
 public:
  PickleText& raw(std::string_view operations);
  PickleText& text(std::string_view value);
  PickleText& integer(std::int64_t value);
  PickleText& real(double value);
  PickleText& global(std::string_view module, std::string_view name);
  PickleText& sizes(const std::vector<std::int64_t>& values);    // a tuple
  PickleText& number(std::uint64_t value, std::size_t n_bytes);  // as it is, little-endian
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

struct ZipEntry {
  std::string name, bytes;
};
struct ZipForm {
  bool zip64 = false;        // sizes and positions in zip64 fields, as of files above 4 GB
  std::uint16_t method = 0;  // as the headers have it; the bytes stay as they are unless it deflates
  std::uint16_t flags = 0;
  std::string comment = {};
  bool deflates = false;
};
/// A zip of these entries, stored or deflated.
std::string zip_bytes(const std::vector<ZipEntry>& entries, const ZipForm& form = {});

struct StoredTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::string storage;  // a key of CheckpointText::storages
  std::string type = "FloatStorage";
  std::vector<std::int64_t> strides = {};  // empty: contiguous
  std::int64_t offset = 0;
  std::int64_t storage_length = -1;  // -1: as the storage has
};

/// A checkpoint of PyTorch Lightning, to be changed at will before it is written.
struct CheckpointText {
  using Value = std::variant<std::int64_t, double, std::string>;

  std::vector<StoredTensor> tensors;
  std::map<std::string, std::string> storages;  // bytes by key
  std::map<std::string, Value> hyper_parameters;
  PickleText more;           // keys and values next to state_dict
  PickleText more_in_state;  // the same within it
  std::vector<ZipEntry> more_entries;

  /// Adds a tensor of these floats with a storage of its own.
  void add(const std::string& name, const std::vector<std::int64_t>& shape, const std::vector<float>& values);
  [[nodiscard]] std::string pickle() const;
  [[nodiscard]] std::string bytes(const ZipForm& form = {}) const;
  void write(const std::filesystem::path& path) const;
};

}  // namespace sctab::tests
