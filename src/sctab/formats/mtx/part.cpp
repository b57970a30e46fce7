#include "sctab/formats/mtx/part.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/text_file.hpp"
#include "sctab/formats/streams/gzip_stream.hpp"
#include "sctab/formats/tar/tar_reader.hpp"

namespace sctab::mtx {
namespace {

/// The bytes of one member of an archive.
class MemberStream final : public streams::ByteStream {
 public:
  MemberStream(const Part& part, std::unique_ptr<streams::ByteStream> archive)
      : path_(part.path()), identity_(archive->identity()), archive_(std::move(archive)) {
    while (auto member = archive_.next()) {
      if (member->name != part.member || !member->is_file) continue;
      first_.resize(std::size(kGzipMagic));
      first_.resize(read_member(first_));
      return;
    }
    throw core::InputError({.file = part.file.string(),
                            .found = fmt::format("has no file {} any more", part.member),
                            .next_step = "run again once nothing writes to it"});
  }

  [[nodiscard]] bool is_gzip() const { return std::ranges::equal(first_, std::as_bytes(std::span(kGzipMagic))); }
  std::size_t read(std::span<std::byte> out) override {
    const std::size_t n_first = std::min(out.size(), first_.size());
    std::copy_n(first_.begin(), n_first, out.begin());
    first_.erase(first_.begin(), first_.begin() + static_cast<std::ptrdiff_t>(n_first));
    return n_first + read_member(out.subspan(n_first));
  }
  [[nodiscard]] const std::filesystem::path& path() const override { return path_; }
  [[nodiscard]] core::FileIdentity identity() const override { return identity_; }
  [[nodiscard]] bool is_compressed() const override { return true; }

 private:
  static constexpr std::array<unsigned char, 2> kGzipMagic = {0x1F, 0x8B};

  std::size_t read_member(std::span<std::byte> out) {
    std::size_t n = 0;
    while (n < out.size()) {
      const std::size_t more = archive_.read(out.subspan(n));
      if (more == 0) break;
      n += more;
    }
    return n;
  }

  std::filesystem::path path_;
  core::FileIdentity identity_;
  tar::Reader archive_;
  std::vector<std::byte> first_;  // read ahead of the rest
};

}  // namespace

std::unique_ptr<streams::ByteStream> open_part(const Part& part) {
  if (part.member.empty()) return streams::open_stream(part.file);
  auto member = std::make_unique<MemberStream>(part, streams::open_stream(part.file));
  if (!member->is_gzip()) return member;
  return std::make_unique<streams::GzipStream>(std::move(member));
}

std::string read_part(const Part& part, const std::string& expected) {
  constexpr std::size_t kPiece = 1U << 18U;
  constexpr std::int64_t kExpansion = 8;
  const auto stream = open_part(part);
  std::string text;
  while (true) {
    core::check_interrupt();
    const std::size_t before = text.size();
    text.resize(before + kPiece);
    text.resize(before + stream->read(std::as_writable_bytes(std::span(text)).subspan(before)));
    if (text.size() == before) break;
    core::require_memory(std::ssize(text), kExpansion,
                         {.file = part.path().string(),
                          .found = fmt::format("is larger than {}", core::format_bytes(static_cast<double>(before)))});
  }
  return core::checked_text(std::move(text), part.path(), expected);
}

}  // namespace sctab::mtx
