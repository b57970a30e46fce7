#include "sctab/store/chunk_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "sctab/core/numbers.hpp"
#include "sctab/formats/hdf5/value.hpp"
#include "sctab/store/manifest.hpp"

namespace sctab::store {
namespace {

static_assert(std::endian::native == std::endian::little, "HDF5's numbers are little-endian");

constexpr std::uint16_t kLayoutMessage = 0x8, kContinuationMessage = 0x10;

/// Bytes of the file, read number by number. Once anything is out of bounds, good() is false and numbers are 0.
class Cursor {
 public:
  Cursor(const RandomAccessFile& file, std::int64_t file_bytes, std::uint64_t address, std::uint64_t n_bytes) {
    constexpr std::uint64_t kMost = 1 << 24;
    const auto limit = static_cast<std::uint64_t>(file_bytes);
    if (n_bytes > kMost || address > limit || n_bytes > limit - address) return;
    bytes_.resize(n_bytes);
    file.read(static_cast<std::int64_t>(address), bytes_);
    good_ = true;
  }

  template <typename T>
  T get() {
    T value{};
    good_ = good_ && sizeof(T) <= left();
    if (!good_) return value;
    std::memcpy(&value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }
  void skip(std::size_t n) {
    good_ = good_ && n <= left();
    if (good_) at_ += n;
  }
  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }
  [[nodiscard]] bool good() const { return good_; }

 private:
  std::vector<std::byte> bytes_;
  std::size_t at_ = 0;
  bool good_ = false;
};

class ChunkIndexReader {
 public:
  ChunkIndexReader(const RandomAccessFile& file, std::int64_t file_bytes, std::int64_t chunk_elements,
                   std::int64_t n_chunks)
      : file_(file), file_bytes_(file_bytes), chunk_elements_(chunk_elements), n_chunks_(n_chunks) {}

  // The address of the dataset's B-tree, from its object header and the blocks that continue it.
  std::optional<std::uint64_t> find_tree(std::uint64_t header) {
    Cursor prefix(file_, file_bytes_, header, 16);
    if (prefix.get<std::uint8_t>() != 1) return {};  // version
    prefix.skip(7);                                  // number of messages, references
    const auto n_bytes = prefix.get<std::uint32_t>();
    std::uint64_t address = header + 16, size = n_bytes;
    constexpr int kMostBlocks = 16;
    for (int block = 0; block < kMostBlocks && prefix.good(); ++block) {
      std::uint64_t next = 0, next_size = 0;
      Cursor messages(file_, file_bytes_, address, size);
      while (messages.good() && messages.left() >= 8) {
        const auto type = messages.get<std::uint16_t>();
        const auto length = messages.get<std::uint16_t>();
        messages.skip(4);
        const std::size_t end = messages.left() - std::min<std::size_t>(length, messages.left());
        if (type == kLayoutMessage) return read_layout(messages);
        if (type == kContinuationMessage && next == 0) {
          next = messages.get<std::uint64_t>();
          next_size = messages.get<std::uint64_t>();
        }
        if (messages.left() < end) return {};
        messages.skip(messages.left() - end);
      }
      if (next == 0) break;
      address = next;
      size = next_size;
    }
    return {};
  }

  // Appends the chunks below a node. level: one less than that of its parent, so that no damage leads in circles.
  bool read_node(std::uint64_t address, int level) {
    constexpr std::size_t kKeyBytes = 4 + 4 + 2 * 8, kHeadBytes = 4 + 1 + 1 + 2 + 2 * 8;
    Cursor head(file_, file_bytes_, address, kHeadBytes);
    const auto signature = head.get<std::array<char, 4>>();
    const auto type = head.get<std::uint8_t>();
    const int own_level = head.get<std::uint8_t>();
    const std::size_t n_entries = head.get<std::uint16_t>();
    if (!head.good() || signature != std::array{'T', 'R', 'E', 'E'} || type != 1) return false;
    if (level >= 0 && own_level != level) return false;
    if (n_entries == 0) return false;  // so that each way down appends a chunk: nodes may share their children

    Cursor entries(file_, file_bytes_, address + kHeadBytes, n_entries * (kKeyBytes + 8));
    for (std::size_t i = 0; i < n_entries; ++i) {
      const auto bytes = entries.get<std::uint32_t>();
      const auto skipped_filters = entries.get<std::uint32_t>();
      const auto offset = entries.get<std::uint64_t>();
      entries.skip(8);  // the offset within an element
      const auto child = entries.get<std::uint64_t>();
      if (!entries.good()) return false;
      if (own_level > 0) {
        if (!read_node(child, own_level - 1)) return false;
      } else if (!append(offset, skipped_filters, child, bytes)) {
        return false;
      }
    }
    return true;
  }

  std::vector<Chunk> take() { return std::move(chunks_); }
  [[nodiscard]] bool complete() const { return std::cmp_equal(chunks_.size(), n_chunks_); }

 private:
  std::optional<std::uint64_t> read_layout(Cursor& message) const {
    const auto version = message.get<std::uint8_t>();
    const auto layout = message.get<std::uint8_t>();
    const auto dimensions = message.get<std::uint8_t>();  // and one for the bytes of an element
    const auto address = message.get<std::uint64_t>();
    const auto elements = message.get<std::uint32_t>();
    constexpr int kChunked = 2;
    if (!message.good() || version != 3 || layout != kChunked || dimensions != 2 ||
        std::cmp_not_equal(elements, chunk_elements_)) {
      return {};
    }
    return address;
  }

  // Chunks must follow one another without a gap and lie within the file.
  bool append(std::uint64_t offset, std::uint32_t skipped_filters, std::uint64_t address, std::uint32_t bytes) {
    const auto limit = static_cast<std::uint64_t>(file_bytes_);
    const std::uint64_t expected = chunks_.size() * static_cast<std::uint64_t>(chunk_elements_);
    if (complete() || offset != expected || skipped_filters != 0 || address > limit || bytes > limit - address) {
      return false;
    }
    chunks_.push_back({static_cast<std::int64_t>(address), static_cast<std::int64_t>(bytes)});
    return true;
  }

  const RandomAccessFile& file_;
  std::int64_t file_bytes_, chunk_elements_, n_chunks_;
  std::vector<Chunk> chunks_;
};

using hdf5::checked;
using hdf5::Handle;
using hdf5::owned;

[[noreturn]] void refuse(const std::filesystem::path& path, std::string_view dataset, std::string_view what) {
  throw core::InputError(
      {.file = path.string(), .key = std::string(dataset), .found = std::string(what), .next_step = kRestore});
}

std::int64_t length(const std::filesystem::path& path, const Handle& dataset, std::string_view dataset_name) {
  const Handle space = owned(H5Dget_space(dataset.id()), dataset.id(), "its shape cannot be read");
  hsize_t size = 0;
  if (H5Sget_simple_extent_ndims(space.id()) != 1) refuse(path, dataset_name, "does not have one dimension");
  checked(H5Sget_simple_extent_dims(space.id(), &size, nullptr), dataset.id(), "its shape cannot be read");
  return core::narrow<std::int64_t>(size);
}

// Chunk length; refuses other layouts and other filters than shuffle, then deflate.
std::int64_t chunk_length(const std::filesystem::path& path, const Handle& dataset, std::string_view dataset_name) {
  const Handle creation = owned(H5Dget_create_plist(dataset.id()), dataset.id(), "its layout cannot be read");
  const auto filter = [&](unsigned i) {
    std::size_t n_values = 0;
    unsigned flags = 0;
    return H5Pget_filter2(creation.id(), i, &flags, &n_values, nullptr, 0, nullptr, nullptr);
  };
  hsize_t elements = 0;
  if (H5Pget_layout(creation.id()) != H5D_CHUNKED || H5Pget_chunk(creation.id(), 1, &elements) != 1 || elements == 0 ||
      elements > (hsize_t{1} << 28U) || H5Pget_nfilters(creation.id()) != 2 || filter(0) != H5Z_FILTER_SHUFFLE ||
      filter(1) != H5Z_FILTER_DEFLATE) {
    refuse(path, dataset_name, "is not stored in shuffled, gzipped chunks, as a shard must be");
  }
  return static_cast<std::int64_t>(elements);
}

std::int64_t header_address(const Handle& dataset) {
  H5O_info_t info;
  checked(H5Oget_info2(dataset.id(), &info, H5O_INFO_BASIC), dataset.id(), "its address cannot be read");
  return core::narrow<std::int64_t>(info.addr);
}

// Asks HDF5 for one chunk after another.
std::vector<Chunk> ask_for_chunks(const std::filesystem::path& path, const Handle& dataset, const ChunkMap& map,
                                  std::int64_t file_bytes) {
  std::vector<Chunk> chunks;
  for (std::int64_t begin = 0; begin < map.n_elements; begin += map.chunk_elements) {
    const auto offset = static_cast<hsize_t>(begin);
    unsigned skipped_filters = 0;
    haddr_t address = HADDR_UNDEF;
    hsize_t bytes = 0;
    checked(H5Dget_chunk_info_by_coord(dataset.id(), &offset, &skipped_filters, &address, &bytes), dataset.id(),
            "a chunk cannot be found");
    const auto limit = static_cast<hsize_t>(file_bytes);
    if (address == HADDR_UNDEF || skipped_filters != 0 || address > limit || bytes > limit - address) {
      refuse(path, map.dataset, fmt::format("the chunk of element {} is missing or lies outside the file", begin));
    }
    chunks.push_back({static_cast<std::int64_t>(address), static_cast<std::int64_t>(bytes)});
  }
  return chunks;
}

// Deflate never makes much more of a chunk than it was: readers may trust these sizes with their memory.
void require_possible_sizes(const std::filesystem::path& path, const ChunkMap& map) {
  const std::int64_t most = 2 * map.chunk_elements * map.element_bytes + 1024;
  for (const Chunk& chunk : map.chunks) {
    if (chunk.bytes <= most) continue;
    refuse(path, map.dataset,
           fmt::format("is damaged: the chunk at byte {} takes {} bytes, more than the {} possible", chunk.address,
                       chunk.bytes, most));
  }
}

ChunkMap read_chunk_map(const std::filesystem::path& path, const Handle& file, std::string dataset_name, hid_t type) {
  const Handle dataset = hdf5::open_dataset(file.id(), dataset_name);
  const Handle stored_type = owned(H5Dget_type(dataset.id()), dataset.id(), "its type cannot be read");
  if (H5Tequal(stored_type.id(), type) <= 0) refuse(path, dataset_name, "is not of the type that store.json gives");

  const std::int64_t n_elements = length(path, dataset, dataset_name);
  const std::int64_t chunk_elements = chunk_length(path, dataset, dataset_name);
  ChunkMap map{std::move(dataset_name),
               n_elements,
               chunk_elements,
               static_cast<std::int64_t>(H5Tget_size(stored_type.id())),
               {}};
  const auto file_bytes = static_cast<std::int64_t>(std::filesystem::file_size(path));
  const std::int64_t n_chunks = n_elements / chunk_elements + (n_elements % chunk_elements == 0 ? 0 : 1);
  auto chunks = read_chunk_index(RandomAccessFile(path), file_bytes, header_address(dataset), chunk_elements, n_chunks);
  map.chunks = chunks.has_value() ? std::move(*chunks) : ask_for_chunks(path, dataset, map, file_bytes);
  require_possible_sizes(path, map);
  return map;
}

std::vector<std::int32_t> read_indptr(const std::filesystem::path& path, const Handle& file, CellIndex n_cells) {
  const Handle dataset = hdf5::open_dataset(file.id(), "X/indptr");
  const std::int64_t n = length(path, dataset, "X/indptr");
  if (n != n_cells + 1) {
    refuse(path, "X/indptr", fmt::format("holds {} offsets for {}", n, core::plural(n_cells, "cell")));
  }
  hdf5::check_plausible_size(dataset.id());
  std::vector<std::int32_t> indptr(static_cast<std::size_t>(n));
  checked(H5Dread(dataset.id(), H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, indptr.data()), dataset.id(),
          "is damaged and cannot be read");
  return indptr;
}

}  // namespace

std::optional<std::vector<Chunk>> read_chunk_index(const RandomAccessFile& file, std::int64_t file_bytes,
                                                   std::int64_t header, std::int64_t chunk_elements,
                                                   std::int64_t n_chunks) {
  ChunkIndexReader reader(file, file_bytes, chunk_elements, n_chunks);
  const auto tree = reader.find_tree(static_cast<std::uint64_t>(header));
  constexpr int kAnyLevel = -1;
  if (!tree.has_value() || !reader.read_node(*tree, kAnyLevel) || !reader.complete()) return {};
  return reader.take();
}

ShardMap read_shard_map(const std::filesystem::path& path, CellIndex n_cells, ValueType values) {
  const hdf5::Lock lock;
  const Handle file = hdf5::open_file(path, hdf5::Access::kRead);
  ShardMap map;
  map.indptr = read_indptr(path, file, n_cells);
  map.indices = read_chunk_map(path, file, "X/indices", H5T_STD_I32LE);
  map.data = read_chunk_map(path, file, "X/data", values == ValueType::kUint16 ? H5T_STD_U16LE : H5T_IEEE_F32LE);
  if (map.indptr.front() != 0 || !std::is_sorted(map.indptr.begin(), map.indptr.end()) ||
      map.indptr.back() != map.indices.n_elements || map.indptr.back() != map.data.n_elements) {
    refuse(path, "X/indptr", "is damaged: its offsets do not ascend from 0 to the number of values");
  }
  return map;
}

}  // namespace sctab::store
