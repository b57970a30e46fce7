#include "sctab/store/cell_codec.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace sctab::store {
namespace {

bool is_uint16(float count) {
  return count <= static_cast<float>(std::numeric_limits<std::uint16_t>::max()) && count == std::trunc(count);
}

// LEB128: seven bits a byte, lowest first.
void put(std::uint64_t value, std::vector<std::byte>& bytes) {
  for (; value >= 0x80U; value >>= 7U) bytes.push_back(static_cast<std::byte>(value | 0x80U));
  bytes.push_back(static_cast<std::byte>(value));
}

template <typename T>
void put_raw(T value, std::vector<std::byte>& bytes) {
  const auto raw = std::as_bytes(std::span(&value, 1));
  bytes.insert(bytes.end(), raw.begin(), raw.end());
}

class ByteReader {
 public:
  explicit ByteReader(const std::byte* at) : at_(at) {}
  std::uint64_t get() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = std::to_integer<std::uint64_t>(*at_++);
      value |= (byte & 0x7FU) << shift;
      if (byte < 0x80U) return value;
    }
  }
  template <typename T>
  T get_raw() {
    T value{};
    std::memcpy(&value, at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }

 private:
  const std::byte* at_;
};

}  // namespace

bool encode_cell(sparse::RowView counts, const CellObs& obs, std::vector<std::byte>& bytes) {
  const std::size_t begin = bytes.size();
  put_raw(std::uint32_t{0}, bytes);  // the size, known at the end
  for (const std::int32_t code : obs.codes) put(static_cast<std::uint64_t>(std::int64_t{code} + 1), bytes);
  put(static_cast<std::uint64_t>(obs.source_row), bytes);

  const bool integers = std::all_of(counts.data.begin(), counts.data.end(), is_uint16);
  const auto n_zeros = std::count(counts.data.begin(), counts.data.end(), 0.0F);
  put(counts.data.size() - static_cast<std::size_t>(n_zeros), bytes);
  put(integers ? 1 : 0, bytes);
  GeneIndex previous = -1;
  for (std::size_t i = 0; i < counts.data.size(); ++i) {
    SCTAB_ASSERT(counts.data[i] >= 0 && std::isfinite(counts.data[i]));
    SCTAB_ASSERT(counts.indices[i] > (i == 0 ? -1 : counts.indices[i - 1]));
    if (counts.data[i] == 0) continue;
    put(static_cast<std::uint64_t>(counts.indices[i] - previous - 1), bytes);
    previous = counts.indices[i];
  }
  for (const float count : counts.data) {
    if (count == 0) continue;
    if (integers) {
      put(static_cast<std::uint64_t>(count), bytes);
    } else {
      put_raw(count, bytes);
    }
  }
  const auto size = core::narrow<std::uint32_t>(bytes.size() - begin);
  std::memcpy(bytes.data() + begin, &size, sizeof(size));
  return integers;
}

std::size_t encoded_size(std::span<const std::byte> bytes) {
  return ByteReader(bytes.data()).get_raw<std::uint32_t>();
}

void decode_cell(std::span<const std::byte> bytes, DecodedCell& cell) {
  ByteReader reader(bytes.data());
  (void)reader.get_raw<std::uint32_t>();
  for (std::int32_t& code : cell.obs.codes)
    code = static_cast<std::int32_t>(static_cast<std::int64_t>(reader.get()) - 1);
  cell.obs.source_row = static_cast<CellIndex>(reader.get());
  const std::uint64_t n = reader.get();
  const bool integers = reader.get() == 1;
  cell.genes.resize(n);
  cell.counts.resize(n);
  GeneIndex previous = -1;
  for (GeneIndex& gene : cell.genes) {
    gene = previous + 1 + static_cast<GeneIndex>(reader.get());
    previous = gene;
  }
  for (float& count : cell.counts) count = integers ? static_cast<float>(reader.get()) : reader.get_raw<float>();
}

}  // namespace sctab::store
