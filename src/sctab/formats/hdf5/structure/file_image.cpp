#include "sctab/formats/hdf5/structure/file_image.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sctab/core/error.hpp"
#include "sctab/core/file_descriptor.hpp"
#include "sctab/formats/hdf5/handle.hpp"
#include "sctab/formats/hdf5/structure/lookup3.hpp"

namespace sctab::hdf5::structure {

FileImage::FileImage(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) {
    throw core::InputError({.file = path_, .found = fmt::format("cannot be read: {}", std::strerror(errno))});
  }
  size_ = static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0));
  format_.end = size_;
}

void FileImage::require_inside(std::uint64_t address, std::uint64_t n_bytes, const char* what) const {
  if (address <= format_.end && n_bytes <= format_.end - address) return;
  fail(what, address, "it lies past the end of the file");
}

Bytes FileImage::read(std::uint64_t address, std::uint64_t n_bytes, const char* what) const {
  require_inside(address, n_bytes, what);
  Bytes bytes(n_bytes);
  const int error = core::read_at(descriptor_, static_cast<std::int64_t>(format_.base + address), bytes);
  if (error == 0) return bytes;
  throw core::InputError(
      {.file = path_,
       .found = fmt::format("cannot be read at byte {}: {}", format_.base + address,
                            error == core::kFileEnds ? "the file ends too early" : std::strerror(error)),
       .next_step = kCopyAgain});
}

Bytes FileImage::take(std::uint64_t address, std::uint64_t n_bytes, const char* what) {
  claim(address, n_bytes, what);
  return read(address, n_bytes, what);
}

void FileImage::claim(std::uint64_t address, std::uint64_t n_bytes, const char* what) {
  claim_values(address, n_bytes, what);
  if (!begins_.insert(address).second) fail(what, address, "it is part of the file twice");
}

void FileImage::claim_values(std::uint64_t address, std::uint64_t n_bytes, const char* what) {
  require_inside(address, n_bytes, what);
  if (n_bytes > size_ - n_claimed_) fail(what, address, "the file's structures overlap");
  n_claimed_ += n_bytes;
  if (n_bytes > 0) extents_.push_back({address, n_bytes, what});
}

void FileImage::require_disjoint() {
  std::ranges::sort(extents_, {}, &Extent::address);
  for (std::size_t i = 1; i < extents_.size(); ++i) {
    const Extent& before = extents_[i - 1];
    if (before.address + before.n_bytes <= extents_[i].address) continue;
    fail(extents_[i].what, extents_[i].address,
         fmt::format("it overlaps the {} at byte {}", before.what, format_.base + before.address));
  }
}

FileImage FileImage::unclaimed() const {
  FileImage image(descriptor_, path_);
  image.format_ = format_;
  return image;
}

void FileImage::fail(const char* what, std::uint64_t address, std::string_view reason) const {
  throw core::InputError({.file = path_,
                          .found = fmt::format("is damaged: {} at byte {}: {}", what, format_.base + address, reason),
                          .next_step = kCopyAgain});
}

void FileImage::refuse(std::string found, std::string next_step) const {
  throw core::InputError({.file = path_, .found = std::move(found), .next_step = std::move(next_step)});
}

std::uint64_t Cursor::number(std::size_t n_bytes) {
  std::uint64_t value = 0;
  require(n_bytes <= sizeof(value), "a number in it is too large");
  std::memcpy(&value, take(n_bytes).data(), n_bytes);
  return value;
}

std::uint64_t Cursor::address() {
  const std::size_t n_bytes = file_.format().address_bytes;
  const std::uint64_t value = number(n_bytes);
  const std::uint64_t all_set = kUndefined >> (8 * (sizeof(value) - n_bytes));
  return value == all_set ? kUndefined : value;
}

ByteView Cursor::take(std::uint64_t n_bytes) {
  require(n_bytes <= left(), "it ends too early");
  const ByteView taken = bytes_.subspan(at_, n_bytes);
  at_ += n_bytes;
  return taken;
}

std::string_view Cursor::text() {
  const ByteView rest = bytes_.subspan(at_);
  const auto end = std::ranges::find(rest, std::byte{0});
  require(end != rest.end(), "a text in it has no end");
  const auto n = static_cast<std::size_t>(end - rest.begin());
  at_ += n + 1;
  return {reinterpret_cast<const char*>(rest.data()), n};
}

void Cursor::expect_signature(std::string_view signature) {
  const ByteView found = take(signature.size());
  require(std::memcmp(found.data(), signature.data(), signature.size()) == 0, "it does not begin as one");
}

void Cursor::expect_version(std::uint8_t version) {
  require(get<std::uint8_t>() == version, "its version is unknown");
}

void Cursor::expect_checksum() {
  const std::uint32_t computed = lookup3(bytes_.first(at_));
  require(get<std::uint32_t>() == computed, "its checksum is wrong");
}

}  // namespace sctab::hdf5::structure
