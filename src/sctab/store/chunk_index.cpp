#include "sctab/store/chunk_index.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

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

}  // namespace sctab::store
