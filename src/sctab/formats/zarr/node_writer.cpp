#include "sctab/formats/zarr/node_writer.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>
#include <utility>

#include "sctab/core/error.hpp"

namespace sctab::zarr {
namespace {

using arrays::Number;
using nlohmann::json;

constexpr int kZstdLevel = 1;
constexpr std::int64_t kElementsOfChunk = 1 << 18;

/// In the order of Number: as zarr 2 and zarr 3 name them.
constexpr std::array<std::pair<const char*, const char*>, 10> kNames = {{{"|i1", "int8"},
                                                                         {"|u1", "uint8"},
                                                                         {"<i2", "int16"},
                                                                         {"<u2", "uint16"},
                                                                         {"<i4", "int32"},
                                                                         {"<u4", "uint32"},
                                                                         {"<i8", "int64"},
                                                                         {"<u8", "uint64"},
                                                                         {"<f4", "float32"},
                                                                         {"<f8", "float64"}}};

std::string dtype_of(StoredNumber stored) {
  return stored.is_boolean ? "|b1" : kNames.at(static_cast<std::size_t>(stored.number)).first;
}

std::string data_type_of(StoredNumber stored) {
  return stored.is_boolean ? "bool" : kNames.at(static_cast<std::size_t>(stored.number)).second;
}

json fill_of(StoredNumber stored) {
  if (stored.is_boolean) return false;
  const bool is_real = stored.number == Number::kFloat32 || stored.number == Number::kFloat64;
  return is_real ? json(0.0) : json(0);
}

void append_count(std::vector<std::byte>& bytes, std::size_t count) {
  SCTAB_ASSERT(count <= 0xFFFFFFFFU);
  for (unsigned shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::byte>(count >> shift));
}

/// vlen-utf8: the number of texts, then each behind its length. chunk: texts, the last of them empty ones.
std::vector<std::byte> encode_texts(std::span<const std::string> texts, std::size_t chunk) {
  std::vector<std::byte> bytes;
  append_count(bytes, chunk);
  for (const std::string& text : texts) {
    append_count(bytes, text.size());
    const auto view = std::as_bytes(std::span(text));
    bytes.insert(bytes.end(), view.begin(), view.end());
  }
  for (std::size_t i = texts.size(); i < chunk; ++i) append_count(bytes, 0);
  return bytes;
}

/// The codes of UTF-8 text, four bytes each, the lowest first. One zero for an empty text.
std::vector<std::byte> encode_utf32(std::string_view text) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t n = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    std::size_t code = n == 1 ? first : first & (0xFFU >> (n + 1));
    for (std::size_t k = 1; k < n && i + k < text.size(); ++k) {
      code = (code << 6U) | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    }
    append_count(bytes, code);
    i += n;
  }
  if (bytes.empty()) append_count(bytes, 0);
  return bytes;
}

}  // namespace

std::size_t StoredNumber::bytes() const {
  return arrays::visit_number(number, [](auto value) { return sizeof(value); });
}

struct NodeWriter::Shape {
  std::string dtype;  // zarr 2's
  json data_type;     // zarr 3's
  json fill;
  std::vector<std::int64_t> shape, chunk;
  bool is_text = false, is_compressed = true;
  std::size_t element_bytes = 1;
};

void NodeWriter::write_metadata(const std::string& key, const json& metadata) {
  const std::string text = metadata.dump(2);
  target_.put(key, std::as_bytes(std::span(text)));
  metadata_[key] = metadata;
}

void NodeWriter::write_group(const std::string& path, const json& attributes) {
  if (version_ == 3) {
    return write_metadata(join(path, "zarr.json"),
                          {{"zarr_format", 3}, {"node_type", "group"}, {"attributes", attributes}});
  }
  write_metadata(join(path, ".zgroup"), {{"zarr_format", 2}});
  write_metadata(join(path, ".zattrs"), attributes);
}

void NodeWriter::write_array_metadata(const std::string& path, const Shape& shape, json attributes) {
  if (version_ == 2) {
    const json filters = shape.is_text ? json::array({{{"id", "vlen-utf8"}}}) : json();
    const json compressor = shape.is_compressed ? json{{"id", "zstd"}, {"level", kZstdLevel}} : json();
    write_metadata(join(path, ".zarray"), {{"zarr_format", 2},
                                           {"shape", shape.shape},
                                           {"chunks", shape.chunk},
                                           {"dtype", shape.dtype},
                                           {"fill_value", shape.fill},
                                           {"order", "C"},
                                           {"filters", filters},
                                           {"compressor", compressor}});
    return write_metadata(join(path, ".zattrs"), attributes);
  }
  json codecs = json::array();
  if (shape.is_text) {
    codecs.push_back({{"name", "vlen-utf8"}, {"configuration", json::object()}});
  } else if (shape.element_bytes == 1) {
    codecs.push_back({{"name", "bytes"}});
  } else {
    codecs.push_back({{"name", "bytes"}, {"configuration", {{"endian", "little"}}}});
  }
  if (shape.is_compressed) {
    codecs.push_back({{"name", "zstd"}, {"configuration", {{"level", kZstdLevel}, {"checksum", false}}}});
  }
  write_metadata(join(path, "zarr.json"),
                 {{"zarr_format", 3},
                  {"node_type", "array"},
                  {"shape", shape.shape},
                  {"data_type", shape.data_type},
                  {"chunk_grid", {{"name", "regular"}, {"configuration", {{"chunk_shape", shape.chunk}}}}},
                  {"chunk_key_encoding", {{"name", "default"}, {"configuration", {{"separator", "/"}}}}},
                  {"fill_value", shape.fill},
                  {"codecs", codecs},
                  {"attributes", std::move(attributes)}});
}

void NodeWriter::put_chunk(const std::string& key, std::span<const std::byte> bytes) {
  std::vector<std::byte> compressed(ZSTD_compressBound(bytes.size()));
  const std::size_t n = ZSTD_compress(compressed.data(), compressed.size(), bytes.data(), bytes.size(), kZstdLevel);
  SCTAB_ASSERT(ZSTD_isError(n) == 0);
  target_.put(key, std::span(compressed).first(n));
}

void NodeWriter::write_numbers(const std::string& path, StoredNumber number, std::span<const std::byte> values,
                               const json& attributes) {
  const std::size_t size = number.bytes();
  const auto n = static_cast<std::int64_t>(values.size() / size);
  const std::int64_t chunk = std::clamp<std::int64_t>(n, 1, kElementsOfChunk);
  const std::size_t chunk_bytes = static_cast<std::size_t>(chunk) * size;
  std::vector<std::byte> last(chunk_bytes);
  for (std::size_t begin = 0, i = 0; begin < values.size(); begin += chunk_bytes, ++i) {
    std::span<const std::byte> bytes = values.subspan(begin, std::min(chunk_bytes, values.size() - begin));
    if (bytes.size() < chunk_bytes) {
      std::ranges::copy(bytes, last.begin());
      bytes = last;
    }
    put_chunk(fmt::format("{}/{}{}", path, version_ == 3 ? "c/" : "", i), bytes);
  }
  write_array_metadata(path,
                       {.dtype = dtype_of(number),
                        .data_type = data_type_of(number),
                        .fill = fill_of(number),
                        .shape = {n},
                        .chunk = {chunk},
                        .element_bytes = size},
                       attributes);
}

void NodeWriter::write_texts(const std::string& path, const formats::Strings& texts, const json& attributes) {
  const auto n = static_cast<std::int64_t>(texts.size());
  const std::int64_t chunk = std::clamp<std::int64_t>(n, 1, kElementsOfChunk);
  for (std::int64_t begin = 0, i = 0; begin < n; begin += chunk, ++i) {
    const auto part =
        std::span(texts).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(std::min(chunk, n - begin)));
    put_chunk(fmt::format("{}/{}{}", path, version_ == 3 ? "c/" : "", i),
              encode_texts(part, static_cast<std::size_t>(chunk)));
  }
  write_array_metadata(
      path, {.dtype = "|O", .data_type = "string", .fill = "", .shape = {n}, .chunk = {chunk}, .is_text = true},
      attributes);
}

void NodeWriter::write_scalar(const std::string& path, StoredNumber number, std::span<const std::byte> value,
                              const json& attributes) {
  put_chunk(join(path, version_ == 3 ? "c" : "0"), value);
  write_array_metadata(path,
                       {.dtype = dtype_of(number),
                        .data_type = data_type_of(number),
                        .fill = fill_of(number),
                        .shape = {},
                        .chunk = {},
                        .element_bytes = number.bytes()},
                       attributes);
}

void NodeWriter::write_text_scalar(const std::string& path, const std::string& text, const json& attributes) {
  Shape shape{.dtype = {}, .data_type = "string", .fill = "", .shape = {}, .chunk = {}, .is_text = version_ == 3};
  if (version_ == 3) {
    put_chunk(join(path, "c"), encode_texts(std::span(&text, 1), 1));
  } else {
    const std::vector<std::byte> codes = encode_utf32(text);  // of fixed length, as anndata has them
    shape.dtype = fmt::format("<U{}", codes.size() / 4);
    put_chunk(join(path, "0"), codes);
  }
  write_array_metadata(path, shape, attributes);
}

void NodeWriter::write_row_chunk(const std::string& path, std::int64_t number, std::span<const std::byte> chunk) {
  target_.put(fmt::format("{}/{}{}{}0", path, version_ == 3 ? "c/" : "", number, version_ == 3 ? "/" : "."), chunk);
}

void NodeWriter::write_rows_metadata(const std::string& path, std::int64_t n_rows, std::int64_t width,
                                     std::int64_t chunk_rows, const json& attributes) {
  const StoredNumber number{.number = Number::kFloat32};
  write_array_metadata(path,
                       {.dtype = dtype_of(number),
                        .data_type = data_type_of(number),
                        .fill = fill_of(number),
                        .shape = {n_rows, width},
                        .chunk = {chunk_rows, width},
                        .is_compressed = false,
                        .element_bytes = number.bytes()},
                       attributes);
}

}  // namespace sctab::zarr
