#include "sctab/formats/zarr/array_header.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "sctab/core/json_file.hpp"
#include "sctab/formats/arrays/next_steps.hpp"

namespace sctab::zarr {
namespace {

using core::JsonFields;
using nlohmann::json;

constexpr std::size_t kMostDimensions = 32;
constexpr std::int64_t kMostElements = std::int64_t{1} << 62;
constexpr const char* kWriteWithDefaults = "write it again with adata.write_zarr() and its usual compression";

core::InputError not_known(const JsonFields& fields, std::string_view key, std::string found) {
  core::Problem problem = fields.error(key, "", std::move(found)).problem();
  problem.expected.clear();
  problem.next_step = kWriteWithDefaults;
  return core::InputError(std::move(problem));
}

/// Whether the product of the extents is below the bound; extents are 0 or more.
bool has_sane_product(std::span<const std::int64_t> extents) {
  if (std::ranges::find(extents, 0) != extents.end()) return true;
  std::int64_t product = 1;
  for (const std::int64_t extent : extents) {
    if (extent >= kMostElements / product) return false;
    product *= extent;
  }
  return true;
}

std::int64_t product_of(std::span<const std::int64_t> extents) {
  std::int64_t product = 1;
  for (const std::int64_t extent : extents) product *= extent;
  return product;
}

std::vector<std::int64_t> read_shape(const JsonFields& fields, std::string_view key, std::int64_t least) {
  auto shape = fields.get<std::vector<std::int64_t>>(key);
  const bool is_sane = std::ranges::all_of(shape, [least](std::int64_t extent) { return extent >= least; });
  if (!is_sane || shape.size() > kMostDimensions || !has_sane_product(shape)) {
    throw fields.error(key, fmt::format("at most {} sizes of {} or more", kMostDimensions, least));
  }
  return shape;
}

/// The extents of pieces of an array of this shape. Those of arrays without elements may be 0; here they are 1.
std::vector<std::int64_t> read_chunk_shape(const JsonFields& fields, std::string_view key,
                                           std::span<const std::int64_t> shape) {
  std::vector<std::int64_t> chunk = read_shape(fields, key, 0);
  if (chunk.size() != shape.size())
    throw fields.error(key, fmt::format("a size for each of {} dimensions", shape.size()));
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (chunk[i] == 0 && shape[i] > 0) throw fields.error(key, "sizes of 1 or more");
    chunk[i] = std::max<std::int64_t>(1, chunk[i]);
  }
  return chunk;
}

template <typename T>
std::optional<T> number_of(const json& value) {
  if (value.is_boolean()) return static_cast<T>(value.get<bool>() ? 1 : 0);
  if (value.is_number_unsigned()) return static_cast<T>(value.get<std::uint64_t>());
  if (value.is_number_integer()) return static_cast<T>(value.get<std::int64_t>());
  if constexpr (std::is_floating_point_v<T>) {
    if (value.is_number()) return static_cast<T>(value.get<double>());
    if (!value.is_string()) return std::nullopt;
    const auto text = value.get<std::string>();
    if (text == "NaN") return std::numeric_limits<T>::quiet_NaN();
    if (text == "Infinity") return std::numeric_limits<T>::infinity();
    if (text == "-Infinity") return -std::numeric_limits<T>::infinity();
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    Bits bits = 0;
    const bool is_hex = text.size() == 2 + 2 * sizeof(T) && text.starts_with("0x");
    const char* const end = text.data() + text.size();
    if (is_hex && std::from_chars(text.data() + 2, end, bits, 16).ptr == end) return std::bit_cast<T>(bits);
  } else {
    const double real = value.is_number_float() ? value.get<double>() : 0.5;
    if (real == std::floor(real) && std::abs(real) < 9e15) return static_cast<T>(static_cast<std::int64_t>(real));
  }
  return std::nullopt;
}

void read_fill(const JsonFields& fields, ArrayHeader& header) {
  if (!fields.has("fill_value")) return;
  const json& fill = fields.value("fill_value");
  const auto info = header.info();
  if (info.kind == arrays::ArrayInfo::Kind::kText) {
    // zarr 2 gives arrays of objects the fill value 0, which is no text.
    if (fill.is_string()) header.fill_text = fill.get<std::string>();
    return;
  }
  if (!info.is_numeric()) return;
  arrays::visit_number(header.element.number, [&](auto kind) {
    using T = decltype(kind);
    const std::optional<T> value = number_of<T>(fill);
    // Half floats may come as hexadecimal digits, of 16 bits.
    if (!value && header.element.form == Element::Form::kHalf) return;
    if (!value) throw fields.error("fill_value", fmt::format("a value of type {}", header.element.name));
    header.fill_number.emplace(sizeof(T));
    std::memcpy(header.fill_number->data(), &*value, sizeof(T));
  });
}

json configuration_of(const json& named) {
  const auto found = named.find("configuration");
  return found == named.end() || found->is_null() ? json::object() : *found;
}

/// The order of the axes in which a transposed array is stored.
bool is_reversed(const json& order, std::size_t n_dimensions) {
  if (!order.is_array() || order.size() != n_dimensions) return false;
  for (std::size_t i = 0; i < n_dimensions; ++i) {
    if (order[i] != n_dimensions - 1 - i) return false;
  }
  return true;
}
bool is_identity(const json& order, std::size_t n_dimensions) {
  if (order == "C") return true;
  if (!order.is_array() || order.size() != n_dimensions) return false;
  for (std::size_t i = 0; i < n_dimensions; ++i) {
    if (order[i] != i) return false;
  }
  return true;
}

void read_codecs(const JsonFields& fields, std::string_view key, ArrayHeader& header);

void read_bytes_codec(const JsonFields& codec, ArrayHeader& header) {
  if (header.element.form == Element::Form::kVariableBytes) throw not_known(codec, "name", "is not a codec for text");
  if (!codec.has("configuration")) return;
  const JsonFields configuration = codec.object("configuration");
  if (!configuration.has("endian")) return;
  const auto endian = configuration.get<std::string>("endian");
  if (endian != "little" && endian != "big") throw configuration.error("endian", "little or big");
  header.element.order = endian == "big" ? std::endian::big : std::endian::little;
}

/// Only with a checksum or without.
void read_index_codecs(const JsonFields& configuration, Sharding& sharding) {
  std::vector<std::string> names;
  for (const JsonFields& codec : configuration.objects("index_codecs")) {
    names.push_back(codec.get<std::string>("name"));
    if (names.back() != "bytes" || !codec.has("configuration")) continue;
    const JsonFields inner = codec.object("configuration");
    if (inner.find<std::string>("endian").value_or("little") != "little") {
      throw not_known(inner, "endian", "an index of shards in this order of bytes is not known to sctab");
    }
  }
  sharding.index_has_crc = names.size() == 2;
  const bool is_known = !names.empty() && names[0] == "bytes" && (names.size() == 1 || names[1] == "crc32c");
  if (is_known && names.size() <= 2) return;
  throw not_known(configuration, "index_codecs",
                  fmt::format("an index of shards stored by {} is not known to sctab", fmt::join(names, ", ")));
}

void read_sharding(const JsonFields& codec, ArrayHeader& header) {
  if (header.sharding) throw not_known(codec, "name", "shards within shards are not known to sctab");
  if (header.is_transposed) throw not_known(codec, "name", "shards of transposed arrays are not known to sctab");
  const JsonFields configuration = codec.object("configuration");
  Sharding sharding;
  sharding.shard_shape = header.chunk_shape;
  header.chunk_shape = read_chunk_shape(configuration, "chunk_shape", header.shape);
  for (std::size_t i = 0; i < header.chunk_shape.size(); ++i) {
    if (sharding.shard_shape[i] % header.chunk_shape[i] == 0) continue;
    throw configuration.error("chunk_shape", "sizes of which those of a shard are multiples");
  }
  const auto location = configuration.find<std::string>("index_location").value_or("end");
  if (location != "start" && location != "end") throw configuration.error("index_location", "start or end");
  sharding.index_at_start = location == "start";
  read_index_codecs(configuration, sharding);
  header.sharding = std::move(sharding);
  read_codecs(configuration, "codecs", header);
}

void read_transpose(const JsonFields& codec, ArrayHeader& header) {
  const json& order = codec.object("configuration").value("order");
  const std::size_t n = header.shape.size();
  if (is_identity(order, n)) return;
  if (!is_reversed(order, n)) {
    throw not_known(codec, "name", fmt::format("axes in the order {} are not known to sctab", order.dump()));
  }
  if (n > 1) header.is_transposed = !header.is_transposed;
}

/// The codecs of an array, or of the chunks in a shard. Nothing may follow the codec that makes shards.
void read_codecs(const JsonFields& fields, std::string_view key, ArrayHeader& header) {
  const bool is_within_shard = header.sharding.has_value();
  bool has_bytes = false;  // the one codec that makes bytes of elements was there
  if (!fields.value(key).is_array()) throw fields.error(key, "an array of codecs");
  for (const json& entry : fields.value(key)) {
    const json named = entry.is_string() ? json{{"name", entry}} : entry;
    const JsonFields codec(named, fields.error(key, "").problem());
    const auto name = codec.get<std::string>("name");
    if (name == "transpose" && !has_bytes) {
      read_transpose(codec, header);
    } else if ((name == "bytes" || name == "vlen-utf8" || name == "sharding_indexed") && !has_bytes) {
      has_bytes = true;
      const bool is_text = header.element.form == Element::Form::kVariableBytes;
      if (name == "bytes") read_bytes_codec(codec, header);
      if (name == "vlen-utf8" && !is_text) throw not_known(codec, "name", "is not a codec for numbers");
      if (name == "sharding_indexed") read_sharding(codec, header);
    } else if (!has_bytes || header.sharding.has_value() != is_within_shard ||
               !header.chain.add(name, configuration_of(named))) {
      throw not_known(fields, key, fmt::format("the codec {} is not known to sctab here", name));
    }
  }
  if (!has_bytes) throw fields.error(key, "a codec that makes bytes of elements");
}

void read_keys(const JsonFields& fields, ArrayHeader& header) {
  const JsonFields encoding = fields.object("chunk_key_encoding");
  const auto name = encoding.get<std::string>("name");
  if (name != "default" && name != "v2") {
    throw not_known(encoding, "name", fmt::format("names of chunks in the form {} are not known to sctab", name));
  }
  header.has_prefix = name == "default";
  std::string separator = header.has_prefix ? "/" : ".";
  if (encoding.has("configuration")) {
    const JsonFields configuration = encoding.object("configuration");
    separator = configuration.find<std::string>("separator").value_or(separator);
    if (separator != "/" && separator != ".") throw configuration.error("separator", "/ or .");
  }
  header.separator = separator[0];
}

/// zarr 3: whoever does not know a field must not read the array, unless the field says that it may.
void refuse_unknown_fields(const JsonFields& fields) {
  constexpr std::array<std::string_view, 13> kKnown = {
      "zarr_format", "node_type",  "shape",      "data_type",       "chunk_grid",           "chunk_key_encoding",
      "codecs",      "fill_value", "attributes", "dimension_names", "storage_transformers", "consolidated_metadata",
      "extensions"};
  for (const std::string& key : fields.keys()) {
    if (std::ranges::find(kKnown, key) != kKnown.end() || !fields.has(key)) continue;
    const json& value = fields.value(key);
    if (value.is_object() && value.value("must_understand", json(true)) == json(false)) continue;
    throw not_known(fields, key, "is not known to sctab");
  }
  for (const char* list : {"storage_transformers", "extensions"}) {
    if (!fields.has(list) || fields.value(list).empty()) continue;
    throw not_known(fields, list, fmt::format("{} is not known to sctab", fields.value(list).dump()));
  }
}

void read_order_2(const JsonFields& fields, ArrayHeader& header) {
  const auto order = fields.find<std::string>("order").value_or("C");
  if (order != "C" && order != "F") throw fields.error("order", "C or F");
  header.is_transposed = order == "F" && header.shape.size() > 1;
}

void read_filters_2(const JsonFields& fields, ArrayHeader& header) {
  const bool is_object = header.element.form == Element::Form::kVariableBytes;
  bool has_text = false;
  std::vector<JsonFields> steps;
  if (fields.has("filters")) steps = fields.objects("filters");
  if (fields.has("compressor")) steps.push_back(fields.object("compressor"));
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto id = steps[i].get<std::string>("id");
    json configuration = json::object();
    if (steps[i].has("elementsize")) configuration["elementsize"] = steps[i].value("elementsize");
    if (i == 0 && is_object && id == "vlen-utf8") {
      has_text = true;
    } else if (is_object && !has_text) {
      break;  // objects in a form that sctab does not read
    } else if (!header.chain.add(id, configuration)) {
      throw not_known(steps[i], "id",
                      fmt::format("the {} {} is not known to sctab",
                                  fields.has("compressor") && i + 1 == steps.size() ? "compressor" : "filter", id));
    }
  }
  if (is_object && !has_text) header.element.form = Element::Form::kOther;
}

}  // namespace

std::int64_t Sharding::n_chunks(std::span<const std::int64_t> chunk_shape) const {
  std::int64_t n = 1;
  for (std::size_t i = 0; i < shard_shape.size(); ++i) n *= shard_shape[i] / chunk_shape[i];
  return n;
}

std::int64_t ArrayHeader::n_elements() const {
  return product_of(shape);
}

std::int64_t ArrayHeader::chunk_elements() const {
  return product_of(chunk_shape);
}

std::string ArrayHeader::key_of(std::span<const std::int64_t> coordinates) const {
  std::string key = has_prefix ? "c" : "";
  if (coordinates.empty() && !has_prefix) return "0";
  for (std::size_t i = 0; i < coordinates.size(); ++i) {
    if (i > 0 || has_prefix) key.push_back(separator);
    fmt::format_to(std::back_inserter(key), "{}", coordinates[i]);
  }
  return key;
}

ArrayHeader parse_header_2(const json& metadata, const core::Problem& place) {
  core::Problem where = place;
  where.next_step = arrays::kWriteAgain;
  const JsonFields fields(metadata, where);
  (void)fields.get<std::int64_t>("zarr_format", 2, 2);
  ArrayHeader header;
  header.element = parse_dtype(fields.value("dtype"));
  header.shape = read_shape(fields, "shape", 0);
  header.chunk_shape = read_chunk_shape(fields, "chunks", header.shape);
  const auto separator = fields.find<std::string>("dimension_separator").value_or(".");
  if (separator != "." && separator != "/") throw fields.error("dimension_separator", ". or /");
  header.separator = separator[0];
  read_order_2(fields, header);
  if (header.element.form == Element::Form::kOther) return header;
  read_filters_2(fields, header);
  read_fill(fields, header);
  return header;
}

ArrayHeader parse_header_3(const json& metadata, const core::Problem& place) {
  core::Problem where = place;
  where.next_step = arrays::kWriteAgain;
  const JsonFields fields(metadata, where);
  (void)fields.get<std::int64_t>("zarr_format", 3, 3);
  refuse_unknown_fields(fields);
  ArrayHeader header;
  header.element = parse_data_type(fields.value("data_type"));
  header.shape = read_shape(fields, "shape", 0);
  const JsonFields grid = fields.object("chunk_grid");
  if (const auto name = grid.get<std::string>("name"); name != "regular") {
    throw not_known(grid, "name", fmt::format("a grid of chunks of the form {} is not known to sctab", name));
  }
  const JsonFields configuration = grid.object("configuration");
  header.chunk_shape = read_chunk_shape(configuration, "chunk_shape", header.shape);
  read_keys(fields, header);
  if (header.element.form == Element::Form::kOther) return header;
  read_codecs(fields, "codecs", header);
  read_fill(fields, header);
  return header;
}

}  // namespace sctab::zarr
