#include "sctab/formats/hdf5/structure/chunk_index.hpp"

#include <algorithm>
#include <bit>
#include <vector>

#include "sctab/formats/hdf5/structure/chunk_arrays.hpp"
#include "sctab/formats/hdf5/structure/new_tree.hpp"
#include "sctab/formats/hdf5/structure/old_tree.hpp"

namespace sctab::hdf5::structure {
namespace {

constexpr const char* kChunk = "chunk";

/// Where a chunk is among the chunks of its dataset, counted in each dimension.
using Place = std::vector<std::uint64_t>;

class ChunkChecker {
 public:
  ChunkChecker(FileImage& file, const Dataset& dataset) : file_(file), dataset_(dataset), layout_(dataset.layout) {
    for (std::size_t i = 0; i < layout_.chunk.size(); ++i) {
      n_chunks_.push_back(chunks_in(dataset.space.extent[i], i));
      most_chunks_.push_back(chunks_in(dataset.space.most[i], i));
    }
    const auto log2_of_chunk = static_cast<std::size_t>(std::bit_width(layout_.chunk_bytes) - 1);
    size_bytes_ = std::min<std::size_t>(8, 1 + (log2_of_chunk + 8) / 8);
  }

  void check(const Superblock& superblock) {
    if (layout_.address == kUndefined) return;
    switch (layout_.index) {
      case ChunkIndex::kTree:
        return walk_old_tree(superblock);
      case ChunkIndex::kSingle:
        return check_single();
      case ChunkIndex::kImplicit:
        return check_implicit();
      case ChunkIndex::kFixedArray:
      case ChunkIndex::kExtensibleArray:
        return walk_array();
      case ChunkIndex::kNewTree:
        return walk_tree();
    }
  }

 private:
  [[nodiscard]] std::uint64_t chunks_in(std::uint64_t extent, std::size_t dimension) const {
    if (extent == kUndefined || extent == 0) return extent;
    return (extent - 1) / layout_.chunk[dimension] + 1;
  }
  [[nodiscard]] std::uint64_t product_of_most() const {
    std::uint64_t n = 1;
    for (const std::uint64_t chunks : most_chunks_) n = saturating_product(n, chunks);
    return n;
  }

  /// A chunk that an index leads to.
  void add(const Cursor& cursor, const Place& place, std::uint64_t address, std::uint64_t n_bytes) {
    for (std::size_t i = 0; i < place.size(); ++i) {
      cursor.require(place[i] < n_chunks_[i], "a chunk lies outside of the dataset");
    }
    const bool is_of_size = dataset_.has_filters ? n_bytes > 0 : n_bytes == layout_.chunk_bytes;
    cursor.require(is_of_size, "a chunk is of an impossible size");
    file_.claim_values(address, n_bytes, kChunk);
  }

  void walk_old_tree(const Superblock& superblock) {
    struct ChunkKey {
      Place place;  // and the element within it, which is 0 but in a last key
      std::uint64_t n_bytes = 0;
      bool operator<(const ChunkKey& other) const { return place < other.place; }
    };
    const std::size_t rank = layout_.chunk.size();
    const auto read_key = [&](Cursor& cursor) {
      ChunkKey key;
      key.n_bytes = cursor.get<std::uint32_t>();
      cursor.skip(4);  // filters left out
      for (std::size_t i = 0; i <= rank; ++i) {
        const std::uint64_t extent = i < rank ? layout_.chunk[i] : dataset_.type.size;
        const auto offset = cursor.get<std::uint64_t>();
        cursor.require(offset % extent == 0, "a chunk begins within another");
        key.place.push_back(offset / extent);
      }
      return key;
    };
    OldTree<ChunkKey> tree(file_, {.number = 1,
                                   .key_bytes = 4 + 4 + 8 * (rank + 1),
                                   .k = superblock.chunk_k,
                                   .read_key = read_key,
                                   .visit = [&](const ChunkKey& key, const ChunkKey&, std::uint64_t address) {
                                     Place place = key.place;
                                     place.pop_back();
                                     add(Cursor(file_, {}, address, kChunk), place, address, key.n_bytes);
                                   }});
    tree.walk(layout_.address);
  }

  void check_single() {
    const std::uint64_t n_bytes = layout_.stored_bytes > 0 ? layout_.stored_bytes : layout_.chunk_bytes;
    const Cursor cursor(file_, {}, layout_.address, kChunk);
    cursor.require(product_of_most() == 1, "it is the only one of several");
    cursor.require(dataset_.has_filters || layout_.stored_bytes == 0, "it is behind filters that are missing");
    file_.claim_values(layout_.address, n_bytes, kChunk);
  }

  void check_implicit() {
    const Cursor cursor(file_, {}, layout_.address, kChunk);
    cursor.require(!dataset_.has_filters, "it is behind filters that should not be");
    file_.claim_values(layout_.address, saturating_product(product_of_most(), layout_.chunk_bytes), kChunk);
  }

  /// The dimensions in the order in which an array counts chunks: the one that grows without end comes first.
  [[nodiscard]] std::vector<std::size_t> order_of_array() const {
    std::vector<std::size_t> order(most_chunks_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    if (layout_.index == ChunkIndex::kFixedArray) return order;
    std::stable_partition(order.begin(), order.end(), [&](std::size_t i) { return most_chunks_[i] == kUndefined; });
    return order;
  }

  void walk_array() {
    const bool grows = layout_.index == ChunkIndex::kExtensibleArray;
    const auto n_endless = std::ranges::count(most_chunks_, kUndefined);
    if (n_endless != (grows ? 1 : 0)) file_.fail(kChunk, layout_.address, "its index is not one for this shape");
    const std::vector<std::size_t> order = order_of_array();
    const std::size_t address_bytes = file_.format().address_bytes;
    ChunkArray array{.address = layout_.address,
                     .has_filters = dataset_.has_filters,
                     .element_bytes = address_bytes + (dataset_.has_filters ? size_bytes_ + 4 : 0)};
    array.visit = [&](std::uint64_t number, Cursor& element) {
      const std::uint64_t address = element.address();
      if (address == kUndefined) return;
      const std::uint64_t n_bytes = dataset_.has_filters ? element.number(size_bytes_) : layout_.chunk_bytes;
      Place place(order.size());
      for (std::size_t i = order.size(); i-- > 1;) {
        const std::uint64_t n = std::max<std::uint64_t>(1, most_chunks_[order[i]]);
        place[order[i]] = number % n;
        number /= n;
      }
      place[order[0]] = number;
      add(element, place, address, n_bytes);
    };
    if (grows) {
      walk_extensible_array(file_, array);
    } else {
      walk_fixed_array(file_, array, product_of_most());
    }
  }

  void walk_tree() {
    const std::size_t rank = layout_.chunk.size();
    const RecordType type = dataset_.has_filters ? RecordType::kFilteredChunk : RecordType::kChunk;
    const std::size_t n_record = file_.format().address_bytes + (dataset_.has_filters ? size_bytes_ + 4 : 0) + 8 * rank;
    Place last;
    (void)walk_new_tree(file_, layout_.address, type, n_record, [&](Cursor& record) {
      const std::uint64_t address = record.address();
      std::uint64_t n_bytes = layout_.chunk_bytes;
      if (dataset_.has_filters) {
        n_bytes = record.number(size_bytes_);
        record.skip(4);  // filters left out
      }
      Place place(rank);
      for (std::uint64_t& i : place) i = record.get<std::uint64_t>();
      record.require(last.empty() || last < place, "it is out of order");
      add(record, place, address, n_bytes);
      last = std::move(place);
    });
  }

  FileImage& file_;
  const Dataset& dataset_;
  const Layout& layout_;
  Place n_chunks_, most_chunks_;  // in each dimension: that there are, and that there may come to be
  std::size_t size_bytes_ = 0;    // of the size of a chunk behind filters
};

}  // namespace

void check_storage(FileImage& file, const Dataset& dataset, const Superblock& superblock) {
  const Layout& layout = dataset.layout;
  if (layout.type == Layout::Class::kChunked) {
    ChunkChecker(file, dataset).check(superblock);
  } else if (layout.type == Layout::Class::kContiguous && layout.address != kUndefined) {
    file.claim_values(layout.address, layout.stored_bytes, "values of a dataset");
  }
}

}  // namespace sctab::hdf5::structure
