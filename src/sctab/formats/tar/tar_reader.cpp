#include "sctab/formats/tar/tar_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::tar {
namespace {

constexpr std::size_t kBlock = 512;
/// Of a name or of pax's records, far more than any archive has.
constexpr std::int64_t kMostText = 1 << 20;
constexpr const char* kCopyAgain = "copy or download the archive again";

using Block = std::array<char, kBlock>;

/// Places in a header, as POSIX has them for "ustar".
struct Field {
  std::size_t at, size;
};
constexpr Field kName = {0, 100}, kSize = {124, 12}, kChecksum = {148, 8}, kPrefix = {345, 155};
constexpr std::size_t kTypeAt = 156, kMagicAt = 257;
constexpr std::string_view kMagic = "ustar";
constexpr std::string_view kPosixMagic{
    "ustar\0"
    "00",
    8};

/// Up to a NUL, or the field's end.
std::string_view text_of(const Block& block, Field field) {
  const std::string_view whole(block.data() + field.at, field.size);
  return whole.substr(0, whole.find('\0'));
}

/// Octal digits between blanks, or GNU's numbers of 8 bits a byte; none if it is neither, or too large.
std::optional<std::int64_t> number_of(const Block& block, Field field) {
  const std::string_view whole(block.data() + field.at, field.size);
  const auto first = static_cast<unsigned char>(whole[0]);
  std::int64_t number = 0;
  if ((first & 0x80U) != 0) {
    if (first != 0x80) return std::nullopt;
    for (const char c : whole.substr(1)) {
      if (number > (std::int64_t{1} << 54)) return std::nullopt;
      number = number * 256 + static_cast<unsigned char>(c);
    }
    return number;
  }
  std::string_view digits = text_of(block, field);
  digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
  digits = digits.substr(0, digits.find(' '));
  for (const char c : digits) {  // at most 12
    if (c < '0' || c > '7') return std::nullopt;
    number = number * 8 + (c - '0');
  }
  return number;
}

/// The sum of all bytes, those of the checksum taken as blanks; some programs took bytes as signed.
bool checksum_holds(const Block& block) {
  std::int64_t plain = 0;
  std::int64_t with_signs = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const bool own = i >= kChecksum.at && i < kChecksum.at + kChecksum.size;
    plain += own ? ' ' : static_cast<unsigned char>(block[i]);
    with_signs += own ? ' ' : static_cast<signed char>(block[i]);
  }
  const auto stored = number_of(block, kChecksum);
  return stored && (*stored == plain || *stored == with_signs);
}

std::string name_of(const Block& block) {
  const std::string name(text_of(block, kName));
  const bool is_posix = std::string_view(block.data() + kMagicAt, kPosixMagic.size()) == kPosixMagic;
  const std::string prefix(is_posix ? text_of(block, kPrefix) : std::string_view());
  return prefix.empty() ? name : prefix + '/' + name;
}

std::int64_t padding_of(std::int64_t bytes) {
  constexpr auto kWhole = static_cast<std::int64_t>(kBlock);
  return (kWhole - bytes % kWhole) % kWhole;
}

}  // namespace

/// What headers say of the member that follows them.
struct Reader::Extension {
  std::string name;
  std::optional<std::int64_t> bytes;
  bool is_sparse = false;
};

bool is_header(std::span<const std::byte> bytes) {
  if (bytes.size() < kBlock) return false;
  Block block{};
  std::memcpy(block.data(), bytes.data(), kBlock);
  return std::string_view(block.data() + kMagicAt, kMagic.size()) == kMagic && checksum_holds(block);
}

std::optional<Member> Reader::next() {
  skip_member();
  const auto refuse = [this](std::string found, const char* next_step) {
    return core::InputError({.file = path().string(), .found = std::move(found), .next_step = next_step});
  };
  Extension extension;
  while (true) {
    core::check_interrupt();
    Block block{};
    if (!read_block(std::as_writable_bytes(std::span(block)))) {
      throw refuse("is cut off: the archive has no end", kCopyAgain);
    }
    if (std::ranges::all_of(block, [](char c) { return c == '\0'; })) return std::nullopt;
    const std::optional<std::int64_t> bytes = number_of(block, kSize);
    if (!checksum_holds(block) || !bytes) throw refuse("is damaged: it has no header where one should be", kCopyAgain);
    const char type = block[kTypeAt];
    if (type == 'L') {
      extension.name = read_text(*bytes);
      extension.name.resize(std::min(extension.name.find('\0'), extension.name.size()));
    } else if (type == 'K' || type == 'g') {
      left_ = *bytes;
      padding_ = padding_of(*bytes);
      skip_member();
    } else if (type == 'x') {
      read_pax(*bytes, extension);
    } else {
      Member member;
      member.name = extension.name.empty() ? name_of(block) : extension.name;
      member.is_file = type == '0' || type == '\0' || type == '7';
      if (type == 'S' || extension.is_sparse) {
        throw refuse(fmt::format("its member {} is a sparse file", member.name), "make the archive without --sparse");
      }
      const bool has_bytes = member.is_file || type < '1' || type > '6';
      member.bytes = has_bytes ? extension.bytes.value_or(*bytes) : 0;
      left_ = member.bytes;
      padding_ = padding_of(left_);
      return member;
    }
  }
}

std::size_t Reader::read(std::span<std::byte> out) {
  const auto most = static_cast<std::size_t>(std::min<std::int64_t>(left_, std::ssize(out)));
  if (most == 0) return 0;
  const std::size_t n = archive_->read(out.first(most));
  if (n == 0) {
    throw core::InputError(
        {.file = path().string(),
         .found = fmt::format("is cut off {} before the end of a file in it", core::plural(left_, "byte")),
         .next_step = kCopyAgain});
  }
  left_ -= static_cast<std::int64_t>(n);
  return n;
}

/// False where the archive ends before.
bool Reader::read_block(std::span<std::byte> block) {
  return archive_->read(block) == block.size();
}

std::string Reader::read_text(std::int64_t bytes) {
  if (bytes > kMostText) {
    throw core::InputError({.file = path().string(),
                            .found = fmt::format("is damaged: a name of {}", core::plural(bytes, "byte")),
                            .next_step = kCopyAgain});
  }
  std::string text(static_cast<std::size_t>(bytes), '\0');
  left_ = bytes;
  padding_ = padding_of(bytes);
  for (std::size_t n = 0; n < text.size();) n += read(std::as_writable_bytes(std::span(text)).subspan(n));
  skip_member();
  return text;
}

/// Records "LENGTH KEY=VALUE\n", where LENGTH counts all of the record.
void Reader::read_pax(std::int64_t bytes, Extension& extension) {
  const std::string text = read_text(bytes);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t blank = std::min(rest.find(' '), rest.size());
    const auto length = core::parse_number<std::size_t>(rest.substr(0, blank));
    if (!length || *length < blank + 2 || *length > rest.size() || rest[*length - 1] != '\n') {
      throw core::InputError({.file = path().string(),
                              .found = "is damaged: a pax header that is no list of records",
                              .next_step = kCopyAgain});
    }
    const std::string_view record = rest.substr(blank + 1, *length - blank - 2);
    rest.remove_prefix(*length);
    const std::size_t sign = std::min(record.find('='), record.size());
    const std::string_view key = record.substr(0, sign);
    const std::string_view value = record.substr(std::min(sign + 1, record.size()));
    if (key == "path") extension.name = value;
    if (key == "size") {
      extension.bytes = core::parse_number<std::int64_t>(value);
      if (!extension.bytes || *extension.bytes < 0) {
        throw core::InputError({.file = path().string(),
                                .found = fmt::format("is damaged: a file of '{}' bytes in it", value),
                                .next_step = kCopyAgain});
      }
    }
    extension.is_sparse = extension.is_sparse || key.starts_with("GNU.sparse");
  }
}

void Reader::skip_member() {
  std::array<std::byte, 1 << 16> piece{};
  while (left_ > 0) {
    core::check_interrupt();
    (void)read(piece);
  }
  left_ = std::exchange(padding_, 0);
  while (left_ > 0) (void)read(piece);
}

}  // namespace sctab::tar
