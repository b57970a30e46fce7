#include "sctab/nn/safetensors.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/core/staged_output.hpp"

namespace sctab::nn {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "the format is little-endian, and so is this code");

constexpr std::uint64_t kLengthBytes = 8;        // of the header's length, before the header
constexpr std::uint64_t kMaxHeader = 100 << 20;  // the format's own limit

struct TypeName {
  std::string_view name;
  at::ScalarType type;
};
constexpr std::array<TypeName, 10> kTypes = {{{"F64", at::kDouble},
                                              {"F32", at::kFloat},
                                              {"F16", at::kHalf},
                                              {"BF16", at::kBFloat16},
                                              {"I64", at::kLong},
                                              {"I32", at::kInt},
                                              {"I16", at::kShort},
                                              {"I8", at::kChar},
                                              {"U8", at::kByte},
                                              {"BOOL", at::kBool}}};

std::string_view name_of(at::ScalarType type) {
  const auto found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeName& entry) { return entry.type == type; });
  SCTAB_ASSERT(found != kTypes.end());
  return found->name;
}

[[noreturn]] void damaged(const fs::path& path, const std::string& what) {
  throw core::InputError(
      fmt::format("{}: {}; the file is damaged or no .safetensors file, copy or train it again", path.string(), what));
}

/// A tensor as the header describes it; begin and end are offsets into the data.
struct Entry {
  std::string name;
  at::ScalarType type = at::kFloat;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;
};

/// Bytes that a tensor takes; UINT64_MAX where the product does not fit.
std::uint64_t size_in_bytes(const Entry& entry) {
  if (std::find(entry.shape.begin(), entry.shape.end(), 0) != entry.shape.end()) return 0;
  std::uint64_t bytes = at::elementSize(entry.type);
  for (const std::int64_t length : entry.shape) {
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(length), &bytes)) return UINT64_MAX;
  }
  return bytes;
}

bool is_list_of_sizes(const json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), [](const json& item) {
           return item.is_number_unsigned() && item.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX);
         });
}

Entry read_entry(const fs::path& path, const std::string& name, const json& value, std::uint64_t data_bytes) {
  Entry entry;
  entry.name = name;
  const json type = value.is_object() ? value.value("dtype", json()) : json();
  const auto known = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeName& t) { return type == t.name; });
  if (known == kTypes.end()) {
    damaged(path,
            fmt::format("tensor {} has dtype {}, expected one of F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL",
                        name, type.dump()));
  }
  entry.type = known->type;
  const json shape = value.value("shape", json()), offsets = value.value("data_offsets", json());
  if (!is_list_of_sizes(shape) || !is_list_of_sizes(offsets) || offsets.size() != 2) {
    damaged(path, fmt::format("tensor {} has shape {} and data_offsets {}, expected a list of sizes and two offsets",
                              name, shape.dump(), offsets.dump()));
  }
  entry.shape = shape.get<std::vector<std::int64_t>>();
  entry.begin = offsets[0].get<std::uint64_t>();
  entry.end = offsets[1].get<std::uint64_t>();
  if (entry.begin > entry.end || entry.end > data_bytes) {
    damaged(path, fmt::format("tensor {} lies at bytes {} to {}, expected within the {} bytes of data", name,
                              entry.begin, entry.end, data_bytes));
  }
  if (size_in_bytes(entry) != entry.end - entry.begin) {
    damaged(path, fmt::format("tensor {} has {} bytes, expected {} of shape [{}]", name, entry.end - entry.begin,
                              known->name, fmt::join(entry.shape, ", ")));
  }
  return entry;
}

json read_header(const fs::path& path, std::ifstream& file, std::uint64_t file_bytes) {
  std::uint64_t header_bytes = 0;
  if (file_bytes < kLengthBytes) damaged(path, fmt::format("has {} bytes, expected a header", file_bytes));
  file.read(reinterpret_cast<char*>(&header_bytes), sizeof(header_bytes));
  if (header_bytes > std::min(file_bytes - kLengthBytes, kMaxHeader)) {
    damaged(path, fmt::format("announces a header of {} bytes, expected at most {}", header_bytes,
                              std::min(file_bytes - kLengthBytes, kMaxHeader)));
  }
  std::string text(header_bytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(header_bytes));
  json header = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!file || !header.is_object()) damaged(path, "the header is no JSON object, expected one");
  return header;
}

SafetensorsMetadata read_metadata(const fs::path& path, const json& value) {
  SafetensorsMetadata metadata;
  if (!value.is_object()) damaged(path, fmt::format("__metadata__ is {}, expected an object", value.dump()));
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) damaged(path, fmt::format("__metadata__ {} is {}, expected a text", key, text.dump()));
    metadata[key] = text.get<std::string>();
  }
  return metadata;
}

/// Throws unless the entries, sorted by where they lie, fill the data without gap or overlap.
void check_tiling(const fs::path& path, const std::vector<Entry>& entries, std::uint64_t data_bytes) {
  std::uint64_t position = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != position) {
      damaged(path, fmt::format("tensor {} begins at byte {}, expected {}: tensors overlap or leave a gap", entry.name,
                                entry.begin, position));
    }
    position = entry.end;
  }
  if (position != data_bytes) damaged(path, fmt::format("has {} bytes of data, expected {}", data_bytes, position));
}

}  // namespace

void write_safetensors(const fs::path& path, const std::vector<NamedTensor>& tensors,
                       const SafetensorsMetadata& metadata) {
  std::vector<NamedTensor> ordered = tensors;
  for (NamedTensor& entry : ordered) entry.tensor = entry.tensor.detach().cpu().contiguous();
  std::stable_sort(ordered.begin(), ordered.end(), [](const NamedTensor& a, const NamedTensor& b) {
    return a.tensor.element_size() > b.tensor.element_size();
  });

  json header = json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t position = 0;
  for (const auto& [name, tensor] : ordered) {
    SCTAB_ASSERT(!header.contains(name));
    header[name] = {{"dtype", name_of(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {position, position + tensor.nbytes()}}};
    position += tensor.nbytes();
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data begins at a multiple of 8
  const std::uint64_t header_bytes = text.size();

  core::StagedOutput out(path);
  std::ofstream file(out.path(), std::ios::binary);
  file.write(reinterpret_cast<const char*>(&header_bytes), sizeof(header_bytes));
  file << text;
  for (const auto& [name, tensor] : ordered) {
    file.write(static_cast<const char*>(tensor.data_ptr()), static_cast<std::streamsize>(tensor.nbytes()));
  }
  file.close();
  if (!file) throw core::InputError(fmt::format("{}: cannot be written: {}", path.string(), std::strerror(errno)));
  out.commit();
}

Safetensors read_safetensors(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code failed;
  const std::uint64_t file_bytes = fs::file_size(path, failed);
  if (!file || failed) {
    throw core::InputError(
        fmt::format("{}: no such file, or it cannot be read; expected a .safetensors file", path.string()));
  }
  const json header = read_header(path, file, file_bytes);
  const auto data_begin = static_cast<std::uint64_t>(file.tellg());
  const std::uint64_t data_bytes = file_bytes - data_begin;

  Safetensors result;
  std::vector<Entry> entries;
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__") {
      result.metadata = read_metadata(path, value);
    } else {
      entries.push_back(read_entry(path, name, value, data_bytes));
    }
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  check_tiling(path, entries, data_bytes);

  for (const Entry& entry : entries) {
    at::Tensor tensor = at::empty(entry.shape, entry.type);
    file.read(static_cast<char*>(tensor.data_ptr()), static_cast<std::streamsize>(entry.end - entry.begin));
    if (!file) damaged(path, fmt::format("tensor {} cannot be read", entry.name));
    result.tensors.push_back({entry.name, std::move(tensor)});
  }
  return result;
}

}  // namespace sctab::nn
