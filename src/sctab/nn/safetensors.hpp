#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "sctab/nn/network_state.hpp"

namespace sctab::nn {

/// Free text of a .safetensors file: its "__metadata__".
using SafetensorsMetadata = std::map<std::string, std::string>;

/// Writes tensors (F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL), the widest numbers first so that each tensor is
/// aligned to its own type, else in the order given. Names must differ. Whole or not at all; throws InputError naming
/// the file.
void write_safetensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                       const SafetensorsMetadata& metadata = {});

struct Safetensors {
  std::vector<NamedTensor> tensors;  // in the order of their data
  SafetensorsMetadata metadata;
};

/// Reads all of it into memory. The file must be exactly what its header says: types known, sizes matching shapes,
/// data without gap, overlap or remainder. Throws InputError naming file, tensor, what was found and expected.
Safetensors read_safetensors(const std::filesystem::path& path);

}  // namespace sctab::nn
