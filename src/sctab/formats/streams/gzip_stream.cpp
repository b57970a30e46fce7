#include "sctab/formats/streams/gzip_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <new>
#include <string>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/formats/streams/file_stream.hpp"

namespace sctab::streams {
namespace {

constexpr std::size_t kPackedBytes = 1U << 16U;  // read at a time
constexpr int kGzipOnly = 15 + 16;               // windowBits of inflateInit2: the largest window, gzip's framing
constexpr Bytef kMagic[] = {0x1F, 0x8B};

core::InputError damaged(const std::filesystem::path& path, std::string found) {
  return core::InputError(
      {.file = path.string(), .found = std::move(found), .next_step = "copy or download the file again"});
}

}  // namespace

GzipStream::GzipStream(std::unique_ptr<ByteStream> packed) : packed_(std::move(packed)), in_(kPackedBytes) {
  if (inflateInit2(&zlib_, kGzipOnly) != Z_OK) throw std::bad_alloc();
}

GzipStream::~GzipStream() {
  inflateEnd(&zlib_);
}

std::size_t GzipStream::read(std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size() && !at_end_) {
    const std::size_t room = std::min<std::size_t>(out.size() - done, std::numeric_limits<uInt>::max());
    zlib_.next_out = reinterpret_cast<Bytef*>(out.data() + done);
    zlib_.avail_out = static_cast<uInt>(room);
    if (in_member_) {
      inflate_some();
    } else {
      end_member();
    }
    done += room - zlib_.avail_out;
  }
  return done;
}

bool GzipStream::refill() {
  if (zlib_.avail_in > 0) return true;
  core::check_interrupt();
  const std::size_t n = packed_->read(std::as_writable_bytes(std::span(in_)));
  zlib_.next_in = in_.data();
  zlib_.avail_in = static_cast<uInt>(n);
  return n > 0;
}

void GzipStream::inflate_some() {
  if (!refill()) throw damaged(path(), "is cut off within its gzip stream");
  const int status = inflate(&zlib_, Z_NO_FLUSH);
  if (status == Z_STREAM_END) {
    in_member_ = false;
  } else if (status == Z_MEM_ERROR) {
    throw std::bad_alloc();
  } else if (status != Z_OK && status != Z_BUF_ERROR) {
    throw damaged(path(), fmt::format("is damaged within its gzip stream ({})",
                                      zlib_.msg != nullptr ? zlib_.msg : "it does not unpack"));
  }
}

void GzipStream::end_member() {
  if (!refill()) {
    at_end_ = true;
  } else if (*zlib_.next_in == kMagic[0]) {
    // inflate() checks the rest of the next member's head.
    if (inflateReset(&zlib_) != Z_OK) throw damaged(path(), "is damaged within its gzip stream");
    in_member_ = true;
  } else {
    require_zeros_to_the_end();
    at_end_ = true;
  }
}

void GzipStream::require_zeros_to_the_end() {
  while (refill()) {
    const std::span rest(zlib_.next_in, zlib_.avail_in);
    if (std::ranges::any_of(rest, [](Bytef byte) { return byte != 0; })) {
      throw damaged(path(), "has something else behind its gzip stream");
    }
    zlib_.avail_in = 0;
  }
}

std::unique_ptr<ByteStream> open_stream(const std::filesystem::path& path, const core::InputNeeds& needs) {
  auto file = std::make_unique<FileStream>(path, needs);
  if (!std::ranges::equal(file->peek(std::size(kMagic)), std::as_bytes(std::span(kMagic)))) return file;
  return std::make_unique<GzipStream>(std::move(file));
}

bool is_gzip(const std::filesystem::path& path) {
  try {
    return std::ranges::equal(FileStream(path).peek(std::size(kMagic)), std::as_bytes(std::span(kMagic)));
  } catch (const core::InputError&) {
    return false;
  }
}

}  // namespace sctab::streams
