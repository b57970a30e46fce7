#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/number_type.hpp"

namespace sctab::safetensors {

/// Free text of a .safetensors file: its "__metadata__".
using Metadata = std::map<std::string, std::string>;

using formats::NumberType;

/// An array to write. bytes: row-major and little-endian, as many as type and shape say.
struct ArrayView {
  std::string_view name;
  NumberType type = NumberType::kF32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

/// Writes the arrays, the widest numbers first so that each is aligned to its own type, otherwise in the order given.
/// Names must differ. Whole or not at all; throws InputError naming the file.
void write(const std::filesystem::path& path, std::vector<ArrayView> arrays, const Metadata& metadata = {});

/// An array of a file, as its header describes it.
struct ArrayInfo {
  std::string name;
  NumberType type = NumberType::kF32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;  // bytes of the data
};

/// An open .safetensors file, whose numbers are read when they are asked for. Not for use by two threads at once.
class Reader {
 public:
  /// The file must be exactly what its header says: known types, sizes that match the shapes, data without gap, overlap
  /// or remainder. Throws InputError naming file and array, what was found and what was expected.
  explicit Reader(std::filesystem::path path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// In the order of their data.
  [[nodiscard]] const std::vector<ArrayInfo>& arrays() const { return arrays_; }
  [[nodiscard]] const Metadata& metadata() const { return metadata_; }
  /// Fills `out` with the array's bytes from `first` on, which must lie within it. Throws InputError if they cannot be
  /// read.
  void read(const ArrayInfo& array, std::uint64_t first, std::span<std::byte> out);

 private:
  std::filesystem::path path_;
  std::ifstream file_;
  std::vector<ArrayInfo> arrays_;
  Metadata metadata_;
  std::uint64_t data_begin_ = 0;
};

struct Array {
  std::string name;
  NumberType type = NumberType::kF32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;
};

struct Contents {
  std::vector<Array> arrays;  // in the order of their data
  Metadata metadata;
};

/// Reads all of it into memory. Throws InputError as Reader does.
Contents read(const std::filesystem::path& path);

}  // namespace sctab::safetensors
