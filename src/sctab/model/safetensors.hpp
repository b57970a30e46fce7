#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sctab::model {

/// Free text of a .safetensors file: its "__metadata__".
using SafetensorsMetadata = std::map<std::string, std::string>;

/// The types of number that are read and written, the first of each width first.
enum class NumberType : std::uint8_t { kF64, kF32, kF16, kBF16, kI64, kI32, kI16, kI8, kU8, kBool };
/// "F64", "F32", …
std::string_view name(NumberType type);

/// An array to write. bytes: row-major and little-endian, as many as type and shape say.
struct ArrayView {
  std::string_view name;
  NumberType type = NumberType::kF32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

/// Writes the arrays, the widest numbers first so that each is aligned to its own type, otherwise in the order given.
/// Names must differ. Whole or not at all; throws InputError naming the file.
void write_safetensors(const std::filesystem::path& path, std::vector<ArrayView> arrays,
                       const SafetensorsMetadata& metadata = {});

struct SafetensorsArray {
  std::string name;
  NumberType type = NumberType::kF32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;
};

struct Safetensors {
  std::vector<SafetensorsArray> arrays;  // in the order of their data
  SafetensorsMetadata metadata;
};

/// Reads all of it into memory. The file must be exactly what its header says: known types, sizes that match the
/// shapes, data without gap, overlap or remainder. Throws InputError naming file and array, what was found and what was
/// expected.
Safetensors read_safetensors(const std::filesystem::path& path);

}  // namespace sctab::model
