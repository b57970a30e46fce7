#include "sctab/formats/zarr/zip_target.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/formats/arrays/next_steps.hpp"
#include "sctab/formats/zarr/zip_storage.hpp"

namespace sctab::zarr {
namespace {

// PKWARE's APPNOTE 6.3.
constexpr std::uint32_t kLocalSignature = 0x04034b50, kListSignature = 0x02014b50, kEndSignature = 0x06054b50,
                        kEnd64Signature = 0x06064b50, kLocator64Signature = 0x07064b50;
constexpr std::uint16_t kVersion64 = 45, kUtf8Names = 1U << 11U, kDeflated = 8, kZip64Id = 1;
constexpr std::uint16_t kNewYear1980 = 33;  // of the day: the first that there is
constexpr std::uint32_t kSeeZip64 = 0xFFFFFFFF;
constexpr std::uint16_t kSeeZip64Short = 0xFFFF;
constexpr std::size_t kBytesAtOnce = 4 << 20;

/// Numbers and text one after the other, the lowest byte first.
class Record {
 public:
  template <typename T>
  Record& add(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      bytes_.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i)));
    }
    return *this;
  }
  Record& add_text(const std::string& text) {
    const auto view = std::as_bytes(std::span(text));
    bytes_.insert(bytes_.end(), view.begin(), view.end());
    return *this;
  }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

/// Sizes in 8 bytes always: one form for all members.
constexpr std::uint16_t kSizesBytes = 16, kSizesAndPlaceBytes = 24;

}  // namespace

ZipTarget::ZipTarget(std::filesystem::path path)
    : path_(std::move(path)), file_(core::FileDescriptor::open(path_, O_WRONLY | O_CREAT | O_EXCL)) {
  if (file_.is_open()) return;
  throw core::InputError({.file = core::target_name(path_.string()),
                          .found = fmt::format("cannot be written: {}", std::strerror(errno)),
                          .next_step = "choose another output"});
}

void ZipTarget::write(std::span<const std::byte> bytes) {
  const int error = core::write_at(file_.get(), static_cast<std::int64_t>(end_), bytes);
  if (error != 0) {
    throw core::InputError({.file = core::target_name(path_.string()),
                            .found = fmt::format("cannot be written: {}", std::strerror(error)),
                            .next_step = arrays::kFreeSpace});
  }
  end_ += bytes.size();
}

void ZipTarget::begin_member(const Member& member) {
  SCTAB_ASSERT(member.name.size() < kSeeZip64Short);
  Record header;
  header.add(kLocalSignature).add(kVersion64).add(kUtf8Names);
  header.add(member.is_deflated ? kDeflated : std::uint16_t{0}).add(std::uint16_t{0}).add(kNewYear1980);
  header.add(member.crc32).add(kSeeZip64).add(kSeeZip64);
  header.add(static_cast<std::uint16_t>(member.name.size()));
  header.add(static_cast<std::uint16_t>(kSizesBytes + 4)).add_text(member.name);
  header.add(kZip64Id).add(kSizesBytes).add(member.n_bytes).add(member.n_stored);
  write(header.bytes());
}

void ZipTarget::put(const std::string& key, std::span<const std::byte> bytes) {
  const std::uint32_t crc32 = libdeflate_crc32(0, bytes.data(), bytes.size());
  const std::lock_guard lock(mutex_);
  const Member member{.name = key, .header = end_, .n_bytes = bytes.size(), .n_stored = bytes.size(), .crc32 = crc32};
  begin_member(member);
  write(bytes);
  members_.push_back(member);
}

bool ZipTarget::copy(const Storage& source, const std::string& key) {
  const std::unique_ptr<Value> value = source.open(key);
  if (!value) return false;
  const auto* const zipped = dynamic_cast<const ZipStorage*>(&source);
  Member member{.name = key, .n_bytes = value->size(), .n_stored = value->size()};
  const std::string name = zipped != nullptr ? zipped->member_of(key) : std::string();
  const auto read = [&](std::uint64_t offset, std::span<std::byte> out) {
    zipped != nullptr ? zipped->archive().read_stored(name, offset, out) : value->read(offset, out);
  };
  Bytes bytes;
  const auto visit = [&](auto use) {
    for (std::uint64_t done = 0; done < member.n_stored; done += bytes.size()) {
      core::check_interrupt();
      bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kBytesAtOnce, member.n_stored - done)));
      read(done, bytes);
      use();
    }
  };
  if (zipped != nullptr) {
    const zip::Archive::Entry& entry = zipped->archive().entry(name);
    member.n_stored = entry.n_stored;
    member.crc32 = entry.crc32;
    member.is_deflated = entry.method == zip::Archive::Method::kDeflated;
  } else {
    visit([&] { member.crc32 = libdeflate_crc32(member.crc32, bytes.data(), bytes.size()); });
  }
  const std::lock_guard lock(mutex_);
  member.header = end_;
  begin_member(member);
  visit([&] { write(bytes); });
  members_.push_back(std::move(member));
  return true;
}

void ZipTarget::close() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t list_begin = end_;
  for (const Member& member : members_) {
    Record entry;
    entry.add(kListSignature).add(kVersion64).add(kVersion64).add(kUtf8Names);
    entry.add(member.is_deflated ? kDeflated : std::uint16_t{0}).add(std::uint16_t{0}).add(kNewYear1980);
    entry.add(member.crc32).add(kSeeZip64).add(kSeeZip64);
    entry.add(static_cast<std::uint16_t>(member.name.size()));
    entry.add(static_cast<std::uint16_t>(kSizesAndPlaceBytes + 4));
    entry.add(std::uint16_t{0}).add(std::uint16_t{0}).add(std::uint16_t{0}).add(std::uint32_t{0}).add(kSeeZip64);
    entry.add_text(member.name);
    entry.add(kZip64Id).add(kSizesAndPlaceBytes).add(member.n_bytes).add(member.n_stored).add(member.header);
    write(entry.bytes());
  }
  const std::uint64_t list_end = end_, n = members_.size();
  Record end;
  end.add(kEnd64Signature).add(std::uint64_t{44}).add(kVersion64).add(kVersion64);
  end.add(std::uint32_t{0}).add(std::uint32_t{0}).add(n).add(n).add(list_end - list_begin).add(list_begin);
  end.add(kLocator64Signature).add(std::uint32_t{0}).add(list_end).add(std::uint32_t{1});
  end.add(kEndSignature).add(std::uint16_t{0}).add(std::uint16_t{0}).add(kSeeZip64Short).add(kSeeZip64Short);
  end.add(kSeeZip64).add(kSeeZip64).add(std::uint16_t{0});
  write(end.bytes());
}

}  // namespace sctab::zarr
