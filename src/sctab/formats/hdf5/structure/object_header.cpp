#include "sctab/formats/hdf5/structure/object_header.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstring>
#include <deque>
#include <utility>

#include "sctab/formats/hdf5/handle.hpp"

namespace sctab::hdf5::structure {
namespace {

constexpr const char* kHeader = "object header";
constexpr std::uint8_t kSharedFlag = 0x2, kShareableFlag = 0x40;

struct Block {
  std::uint64_t address, n_bytes;
};

class HeaderReader {
 public:
  HeaderReader(FileImage& file, std::uint64_t address) : file_(file) { header_.address = address; }

  ObjectHeader read() {
    const Bytes start = file_.read(header_.address, kOldPrefix, kHeader);
    is_new_ = std::memcmp(start.data(), "OHDR", 4) == 0;
    if (is_new_) {
      read_new_prefix();
    } else {
      read_old_prefix(start);
    }
    while (!waiting_.empty()) {
      const Block block = waiting_.front();
      waiting_.pop_front();
      Bytes bytes = file_.take(block.address, block.n_bytes, kHeader);
      Cursor cursor(file_, bytes, block.address, kHeader);
      if (is_new_) {
        cursor.expect_signature("OCHK");
        read_new_messages(cursor);
      } else {
        read_old_messages(cursor);
      }
      header_.blocks.push_back(std::move(bytes));
    }
    require_single_messages();
    return std::move(header_);
  }

 private:
  static constexpr std::uint64_t kOldPrefix = 16;

  void read_old_prefix(ByteView start) {
    Cursor prefix(file_, start, header_.address, kHeader);
    prefix.expect_version(1);
    prefix.skip(1);
    const auto n_messages = prefix.get<std::uint16_t>();
    header_.n_references = prefix.get<std::uint32_t>();
    const auto n_bytes = prefix.get<std::uint32_t>();
    prefix.require((n_messages == 0) == (n_bytes == 0), "its number of messages is wrong");
    file_.claim(header_.address, kOldPrefix, kHeader);
    if (n_bytes > 0) waiting_.push_back({header_.address + kOldPrefix, n_bytes});
  }

  void read_old_messages(Cursor& cursor) {
    while (cursor.left() > 0) {
      const auto type = cursor.get<std::uint16_t>();
      const auto n_bytes = cursor.get<std::uint16_t>();
      const auto flags = cursor.get<std::uint8_t>();
      cursor.skip(3);
      cursor.require(n_bytes % 8 == 0, "a message in it has an impossible size");
      add(cursor, type, flags, n_bytes);
    }
  }

  void read_new_prefix() {
    constexpr std::uint8_t kSizeBits = 0x3, kTracksOrder = 0x4, kPhases = 0x10, kTimes = 0x20, kKnownFlags = 0x3f;
    constexpr std::uint64_t kMostPrefix = 4 + 2 + 16 + 4 + 8;
    const std::uint64_t there = file_.format().end - header_.address;
    const Bytes start = file_.read(header_.address, std::min(kMostPrefix, there), kHeader);
    Cursor prefix(file_, start, header_.address, kHeader);
    prefix.expect_signature("OHDR");
    prefix.expect_version(2);
    const auto flags = prefix.get<std::uint8_t>();
    prefix.require((flags & ~kKnownFlags) == 0, "its flags are unknown");
    tracks_order_ = (flags & kTracksOrder) != 0;
    if ((flags & kTimes) != 0) prefix.skip(16);
    if ((flags & kPhases) != 0) {
      const auto most_compact = prefix.get<std::uint16_t>();
      prefix.require(most_compact >= prefix.get<std::uint16_t>(), "its limits of attributes are wrong");
    }
    const std::uint64_t n_bytes = prefix.number(std::size_t{1} << (flags & kSizeBits));
    const std::uint64_t n_prefix = prefix.position() - header_.address;
    prefix.require(n_bytes <= file_.size(), "it lies past the end of the file");
    Bytes bytes = file_.take(header_.address, n_prefix + n_bytes + 4, kHeader);
    Cursor cursor(file_, bytes, header_.address, kHeader);
    cursor.skip(n_prefix);
    read_new_messages(cursor);
    header_.blocks.push_back(std::move(bytes));
  }

  /// Up to the checksum, in front of which there may be a gap too small for a message.
  void read_new_messages(Cursor& cursor) {
    const std::size_t n_prefix = tracks_order_ ? 6 : 4;
    cursor.require(cursor.left() >= 4, "it ends too early");
    while (cursor.left() >= n_prefix + 4) {
      const auto type = cursor.get<std::uint8_t>();
      const auto n_bytes = cursor.get<std::uint16_t>();
      const auto flags = cursor.get<std::uint8_t>();
      if (tracks_order_) cursor.skip(2);
      cursor.require(n_bytes <= cursor.left() - 4, "a message runs past its end");
      add(cursor, type, flags, n_bytes);
    }
    cursor.skip(cursor.left() - 4);
    cursor.expect_checksum();
  }

  void add(Cursor& cursor, std::uint16_t type, std::uint8_t flags, std::uint16_t n_bytes) {
    Message message{
        .type = static_cast<MessageType>(type), .shared = (flags & kSharedFlag) != 0, .address = cursor.position()};
    message.bytes = cursor.take(n_bytes);
    // Of these, only datatypes lead to objects; the rest is for a table that check_structure() refuses.
    cursor.require((flags & kShareableFlag) == 0 && (!message.shared || message.type == MessageType::kDatatype),
                   "a message in it is shared");
    if (message.type == MessageType::kContinuation) {
      Cursor place = message.read(file_, "continuation of an object header");
      const std::uint64_t address = place.address();
      waiting_.push_back({address, place.length()});
    } else if (message.type == MessageType::kReferenceCount) {
      Cursor count = message.read(file_, "count of references");
      count.expect_version(0);
      header_.n_references = count.get<std::uint32_t>();
    }
    header_.messages.push_back(message);
  }

  void require_single_messages() const {
    std::bitset<0x20> seen;
    for (const Message& message : header_.messages) {
      const auto type = static_cast<std::size_t>(message.type);
      const bool may_repeat = message.type == MessageType::kNil || message.type == MessageType::kLink ||
                              message.type == MessageType::kAttribute || message.type == MessageType::kContinuation;
      if (may_repeat || type >= seen.size()) continue;
      if (seen.test(type)) file_.fail(kHeader, header_.address, "it holds a message twice");
      seen.set(type);
    }
  }

  FileImage& file_;
  ObjectHeader header_;
  bool is_new_ = false, tracks_order_ = false;
  std::deque<Block> waiting_;
};

}  // namespace

const Message* ObjectHeader::find(MessageType type) const {
  const auto found = std::ranges::find(messages, type, &Message::type);
  return found == messages.end() ? nullptr : &*found;
}

ObjectHeader read_object_header(FileImage& file, std::uint64_t address) {
  return HeaderReader(file, address).read();
}

std::uint64_t shared_place(const FileImage& file, const Message& message) {
  Cursor cursor = message.read(file, "shared message");
  const auto version = cursor.get<std::uint8_t>();
  const auto type = cursor.get<std::uint8_t>();
  constexpr std::uint8_t kInHeap = 1, kInHeader = 2;
  cursor.require(version >= 1 && version <= 3, "its version is unknown");
  if (version == 3 && type == kInHeap) {
    file.refuse("keeps messages in a table that its objects share, which is not read here",
                "write the file again with h5py or AnnData");
  }
  cursor.require(version < 3 || type == kInHeader, "its kind is unknown");
  if (version == 1) cursor.skip(6 + file.format().length_bytes);
  return cursor.address();
}

}  // namespace sctab::hdf5::structure
