#include "sctab/store/chunk_map.hpp"
#include "sctab/store/next_steps.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sctab/core/numbers.hpp"
#include "sctab/formats/h5ad/hdf5_handle.hpp"

namespace sctab::store {
namespace {

using h5ad::checked;
using h5ad::Handle;
using h5ad::owned;

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
  const Handle dataset = h5ad::open_dataset(file.id(), dataset_name);
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
  const Handle dataset = h5ad::open_dataset(file.id(), "X/indptr");
  const std::int64_t n = length(path, dataset, "X/indptr");
  if (n != n_cells + 1) {
    refuse(path, "X/indptr", fmt::format("holds {} offsets for {}", n, core::plural(n_cells, "cell")));
  }
  std::vector<std::int32_t> indptr(static_cast<std::size_t>(n));
  checked(H5Dread(dataset.id(), H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, indptr.data()), dataset.id(),
          "is damaged and cannot be read");
  return indptr;
}

}  // namespace

ShardMap read_shard_map(const std::filesystem::path& path, CellIndex n_cells, ValueType values) {
  const h5ad::Hdf5Lock lock;
  const Handle file = h5ad::open_file(path, h5ad::Access::kRead);
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
