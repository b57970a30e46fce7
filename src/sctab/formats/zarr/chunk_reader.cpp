#include "sctab/formats/zarr/chunk_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/arrays/next_steps.hpp"
#include "sctab/formats/codecs/checksums.hpp"

namespace sctab::zarr {
namespace {

constexpr std::uint64_t kNotStored = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kBytesOfEntry = 16;

std::uint64_t stored_number(std::span<const std::byte> bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = sizeof(value); i-- > 0;) value = (value << 8U) | static_cast<std::uint64_t>(bytes[at + i]);
  return value;
}

core::InputError damaged_chunk(const core::Problem& where, std::string found) {
  return core::InputError({.found = std::move(found), .next_step = arrays::kCopyAgain}).within(where);
}

/// Elements of a chunk of two dimensions that lie column by column, row by row.
void turn(std::span<const std::byte> columns, std::int64_t n_rows, std::int64_t n_columns, std::size_t size,
          std::span<std::byte> out) {
  for (std::int64_t row = 0; row < n_rows; ++row) {
    for (std::int64_t column = 0; column < n_columns; ++column) {
      std::memcpy(&out[static_cast<std::size_t>(row * n_columns + column) * size],
                  &columns[static_cast<std::size_t>(column * n_rows + row) * size], size);
    }
  }
}

}  // namespace

ChunkReader::Borrowed::Borrowed(ChunkReader& reader) : reader_(reader) {
  {
    const std::lock_guard lock(reader_.mutex_);
    if (!reader_.idle_.empty()) {
      scratch_ = std::move(reader_.idle_.back());
      reader_.idle_.pop_back();
    }
  }
  if (!scratch_) scratch_ = std::make_unique<Scratch>();
}

ChunkReader::Borrowed::~Borrowed() {
  scratch_->shared.reset();
  const std::lock_guard lock(reader_.mutex_);
  try {
    reader_.idle_.push_back(std::move(scratch_));
  } catch (const std::bad_alloc&) {  // then there is one less to lend
  }
}

ChunkReader::ChunkReader(StoredArray array) : array_(std::move(array)) {
  const Element& element = header().element;
  const auto bytes = static_cast<std::int64_t>(std::max(element.stored_bytes, element.memory_bytes()));
  core::Problem problem = place();
  problem.found = fmt::format("declares chunks of {} elements", core::format_count(header().chunk_elements()));
  core::require_memory(header().chunk_elements(), bytes, problem);
  if (!header().sharding) return;
  problem.found = "declares shards of very many chunks";
  core::require_memory(header().sharding->n_chunks(header().chunk_shape), kBytesOfEntry, problem);
}

std::optional<std::uint64_t> ChunkReader::expanded_bytes() const {
  const std::size_t size = header().element.stored_bytes;
  if (size == 0) return std::nullopt;
  return static_cast<std::uint64_t>(header().chunk_elements()) * size;
}

ChunkReader::Place ChunkReader::find(std::span<const std::int64_t> coordinates) {
  if (header().sharding) return find_in_shard(coordinates);
  Place place;
  place.key = join(array_.path, header().key_of(coordinates));
  place.value = array_.storage->open(place.key);
  if (place.value) place.n_bytes = place.value->size();
  return place;
}

ChunkReader::Place ChunkReader::find_in_shard(std::span<const std::int64_t> coordinates) {
  const Sharding& sharding = *header().sharding;
  std::vector<std::int64_t> shard(coordinates.size());
  std::int64_t number = 0;  // of the shard among all
  std::size_t within = 0;   // number of the chunk in its shard
  for (std::size_t i = 0; i < coordinates.size(); ++i) {
    const std::int64_t n = sharding.shard_shape[i] / header().chunk_shape[i];
    shard[i] = coordinates[i] / n;
    within = within * static_cast<std::size_t>(n) + static_cast<std::size_t>(coordinates[i] % n);
    number = number * ((header().shape[i] - 1) / sharding.shard_shape[i] + 1) + shard[i];
  }
  Place place;
  place.key = join(array_.path, header().key_of(shard));
  const core::Problem where = array_.storage->place(place.key);
  const auto index = indexes_.get(number, [&](Bytes& entries) {
    place.value = array_.storage->open(place.key);
    if (place.value) entries = read_index(*place.value, where);
  });
  if (index->empty()) return place;
  place.offset = stored_number(*index, within * kBytesOfEntry);
  place.n_bytes = stored_number(*index, within * kBytesOfEntry + sizeof(std::uint64_t));
  if (place.offset == kNotStored && place.n_bytes == kNotStored) {
    place.value.reset();
    return place;
  }
  if (!place.value) place.value = array_.storage->open(place.key);
  const std::uint64_t size = place.value ? place.value->size() : 0;
  if (place.offset > size || place.n_bytes > size - place.offset) {
    throw damaged_chunk(where, fmt::format("its index has a chunk beyond its end: at byte {}", place.offset));
  }
  return place;
}

std::vector<std::byte> ChunkReader::read_index(const Value& shard, const core::Problem& where) const {
  const Sharding& sharding = *header().sharding;
  const auto n_bytes = static_cast<std::uint64_t>(sharding.index_bytes(header().chunk_shape));
  if (shard.size() < n_bytes) {
    throw damaged_chunk(
        where, fmt::format("is cut off: it has {} bytes, and its index of chunks alone {}", shard.size(), n_bytes));
  }
  std::vector<std::byte> index(static_cast<std::size_t>(n_bytes));
  shard.read(sharding.index_at_start ? 0 : shard.size() - n_bytes, index);
  if (sharding.index_has_crc) {
    if (!codecs::has_crc32c(index)) {
      throw damaged_chunk(where, "the checksum of its index of chunks does not match: it is cut off or damaged");
    }
    index.resize(index.size() - sizeof(std::uint32_t));
  }
  return index;
}

bool ChunkReader::load(std::span<const std::int64_t> coordinates, std::vector<std::byte>& stored, std::string& key) {
  Place place = find(coordinates);
  key = std::move(place.key);
  if (!place.value) return false;
  core::Problem problem = array_.storage->place(key);
  problem.found = fmt::format("has {}", core::format_bytes(static_cast<double>(place.n_bytes)));
  core::require_memory(static_cast<std::int64_t>(place.n_bytes), 1, std::move(problem));
  stored.resize(static_cast<std::size_t>(place.n_bytes));
  place.value->read(place.offset, stored);
  return true;
}

std::optional<std::span<const std::byte>> ChunkReader::expand(std::span<const std::int64_t> coordinates,
                                                              Scratch& scratch) {
  std::string key;
  if (!load(coordinates, scratch.stored, key)) return std::nullopt;
  return header().chain.expand(scratch.stored, expanded_bytes(), scratch.codecs, array_.storage->place(key));
}

void ChunkReader::read_numbers(std::span<const std::int64_t> coordinates, std::span<std::byte> out, Scratch& scratch) {
  const Element& element = header().element;
  std::string key;
  if (!load(coordinates, scratch.stored, key)) {
    const bool is_known = header().fill_number.has_value() && !array_.refuses_missing;
    if (is_known) return fill(out);
    throw damaged_chunk(array_.storage->place(key), "is missing, and the values that it had with it");
  }
  const core::Problem where = array_.storage->place(key);
  const bool is_turned = header().is_transposed && header().shape.size() == 2;
  if (element.is_as_in_memory() && !is_turned) {
    return header().chain.expand_to(scratch.stored, out, scratch.codecs, where);
  }
  const auto stored = header().chain.expand(scratch.stored, expanded_bytes(), scratch.codecs, where);
  if (!is_turned) return to_memory(element, stored, out);
  scratch.elements.resize(out.size());
  to_memory(element, stored, scratch.elements);
  turn(scratch.elements, header().chunk_shape[0], header().chunk_shape[1], element.memory_bytes(), out);
}

bool ChunkReader::read_some(std::span<const std::int64_t> coordinates, std::int64_t begin, std::span<std::byte> out) {
  const Element& element = header().element;
  if (!header().chain.empty() || !element.is_as_in_memory() || header().is_transposed) return false;
  const Place place = find(coordinates);
  const std::uint64_t offset = static_cast<std::uint64_t>(begin) * element.stored_bytes;
  if (!place.value || place.n_bytes != expanded_bytes()) return false;  // and who reads all of it says what is wrong
  place.value->read(place.offset + offset, out);
  return true;
}

void ChunkReader::fill(std::span<std::byte> out) const {
  const std::vector<std::byte>& value = *header().fill_number;
  for (std::size_t at = 0; at < out.size(); at += value.size()) std::ranges::copy(value, &out[at]);
}

}  // namespace sctab::zarr
