#include "sctab/formats/safetensors/safetensors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/staged_output.hpp"

namespace sctab::safetensors {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kLengthBytes = 8;        // of the header's length, before the header
constexpr std::uint64_t kMaxHeader = 100 << 20;  // the format's own limit

[[noreturn]] void damaged(const fs::path& path, const std::string& subject, const std::string& found,
                          const std::string& expected) {
  throw core::InputError({.file = path.string(),
                          .subject = subject,
                          .found = found,
                          .expected = expected,
                          .next_step = "the file is damaged or not a .safetensors file: copy it or train it again"});
}

std::string subject(const ArrayInfo& array) {
  return "array " + array.name;
}

/// Bytes that an array takes; UINT64_MAX where the product does not fit.
std::uint64_t size_in_bytes(const ArrayInfo& entry) {
  if (std::find(entry.shape.begin(), entry.shape.end(), 0) != entry.shape.end()) return 0;
  std::uint64_t bytes = width(entry.type);
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

ArrayInfo read_entry(const fs::path& path, const std::string& name, const json& value, std::uint64_t data_bytes) {
  ArrayInfo entry;
  entry.name = name;
  const json type = value.is_object() ? value.value("dtype", json()) : json();
  const auto known =
      std::ranges::find_if(formats::kNumberTypes, [&](NumberType t) { return type == formats::name(t); });
  if (known == formats::kNumberTypes.end()) {
    damaged(path, subject(entry), "dtype " + type.dump(), "F64, F32, F16, BF16, I64, I32, I16, I8, U8 or BOOL");
  }
  entry.type = *known;
  const json shape = value.value("shape", json()), offsets = value.value("data_offsets", json());
  if (!is_list_of_sizes(shape) || !is_list_of_sizes(offsets) || offsets.size() != 2) {
    damaged(path, subject(entry), fmt::format("shape {} and data_offsets {}", shape.dump(), offsets.dump()),
            "a list of sizes and two offsets");
  }
  entry.shape = shape.get<std::vector<std::int64_t>>();
  entry.begin = offsets[0].get<std::uint64_t>();
  entry.end = offsets[1].get<std::uint64_t>();
  if (entry.begin > entry.end || entry.end > data_bytes) {
    damaged(path, subject(entry), fmt::format("bytes {} to {}", entry.begin, entry.end),
            fmt::format("a range within the {} bytes of data", data_bytes));
  }
  if (size_in_bytes(entry) != entry.end - entry.begin) {
    damaged(path, subject(entry), fmt::format("{} bytes", entry.end - entry.begin),
            fmt::format("{} of shape [{}]", formats::name(entry.type), fmt::join(entry.shape, ", ")));
  }
  return entry;
}

json read_header(const fs::path& path, std::ifstream& file, std::uint64_t file_bytes) {
  std::uint64_t header_bytes = 0;
  if (file_bytes < kLengthBytes) damaged(path, "", fmt::format("a file of {} bytes", file_bytes), "a header");
  file.read(reinterpret_cast<char*>(&header_bytes), sizeof(header_bytes));
  const std::uint64_t most = std::min(file_bytes - kLengthBytes, kMaxHeader);
  if (header_bytes > most) {
    damaged(path, "header", fmt::format("a length of {} bytes", header_bytes), fmt::format("at most {}", most));
  }
  std::string text(header_bytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(header_bytes));
  if (!file) damaged(path, "header", "cannot be read", "");
  json header = core::parse_json(text, {.file = path.string(), .subject = "header"});
  if (!header.is_object()) damaged(path, "header", "is not a JSON object", "");
  return header;
}

Metadata read_metadata(const fs::path& path, const json& value) {
  Metadata metadata;
  if (!value.is_object()) damaged(path, "__metadata__", value.dump(), "an object");
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) damaged(path, "__metadata__ " + key, text.dump(), "text");
    metadata[key] = text.get<std::string>();
  }
  return metadata;
}

/// Throws unless the entries, sorted by where they lie, fill the data without gap or overlap.
void check_tiling(const fs::path& path, const std::vector<ArrayInfo>& entries, std::uint64_t data_bytes) {
  std::uint64_t position = 0;
  for (const ArrayInfo& entry : entries) {
    if (entry.begin != position) {
      damaged(path, subject(entry), fmt::format("begins at byte {}", entry.begin),
              fmt::format("{}: arrays must not overlap or leave a gap", position));
    }
    position = entry.end;
  }
  if (position != data_bytes)
    damaged(path, "", fmt::format("{} bytes of data", data_bytes), fmt::format("{}", position));
}

}  // namespace

void write(const fs::path& path, std::vector<ArrayView> arrays, const Metadata& metadata) {
  std::ranges::stable_sort(arrays, std::ranges::greater(), [](const ArrayView& array) { return width(array.type); });
  json header = json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t position = 0;
  for (const ArrayView& array : arrays) {
    const std::string key(array.name);
    SCTAB_ASSERT(!header.contains(key));
    header[key] = {{"dtype", formats::name(array.type)},
                   {"shape", array.shape},
                   {"data_offsets", {position, position + array.bytes.size()}}};
    position += array.bytes.size();
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data begins at a multiple of 8
  const std::uint64_t header_bytes = text.size();

  core::StagedOutput out(path);
  std::ofstream file(out.path(), std::ios::binary);
  file.write(reinterpret_cast<const char*>(&header_bytes), sizeof(header_bytes));
  file << text;
  for (const ArrayView& array : arrays) {
    file.write(reinterpret_cast<const char*>(array.bytes.data()), std::ssize(array.bytes));
  }
  file.close();
  if (!file)
    throw core::InputError(
        {.file = path.string(), .found = fmt::format("cannot be written: {}", std::strerror(errno))});
  out.commit();
}

Reader::Reader(fs::path path) : path_(std::move(path)) {
  (void)core::open_input(path_, {.expected = "a .safetensors file"});
  file_.open(path_, std::ios::binary);
  const std::uint64_t file_bytes = fs::file_size(path_);
  core::require_memory(static_cast<std::int64_t>(file_bytes), 1, {.file = path_.string()});  // all of it is read
  const json header = read_header(path_, file_, file_bytes);
  data_begin_ = static_cast<std::uint64_t>(file_.tellg());
  const std::uint64_t data_bytes = file_bytes - data_begin_;
  for (const auto& [key, value] : header.items()) {
    if (key == "__metadata__") {
      metadata_ = read_metadata(path_, value);
    } else {
      arrays_.push_back(read_entry(path_, key, value, data_bytes));
    }
  }
  std::sort(arrays_.begin(), arrays_.end(), [](const ArrayInfo& a, const ArrayInfo& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  check_tiling(path_, arrays_, data_bytes);
}

void Reader::read(const ArrayInfo& array, std::uint64_t first, std::span<std::byte> out) {
  SCTAB_ASSERT(first + out.size() <= array.end - array.begin);
  file_.seekg(static_cast<std::streamoff>(data_begin_ + array.begin + first));
  file_.read(reinterpret_cast<char*>(out.data()), std::ssize(out));
  if (!file_) damaged(path_, subject(array), "cannot be read", "");
}

Contents read(const fs::path& path) {
  Reader reader(path);
  Contents result{{}, reader.metadata()};
  for (const ArrayInfo& array : reader.arrays()) {
    std::vector<std::byte> bytes(array.end - array.begin);
    reader.read(array, 0, bytes);
    result.arrays.push_back({array.name, array.type, array.shape, std::move(bytes)});
  }
  return result;
}

}  // namespace sctab::safetensors
