#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
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

/// Reads all of it into memory. The file must be exactly what its header says: known types, sizes that match the
/// shapes, data without gap, overlap or remainder. Throws InputError naming file and array, what was found and what was
/// expected.
Contents read(const std::filesystem::path& path);

}  // namespace sctab::safetensors
