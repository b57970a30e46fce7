#include "sctab/formats/zarr/codec_chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "sctab/core/memory_budget.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/formats/arrays/next_steps.hpp"
#include "sctab/formats/codecs/checksums.hpp"
#include "sctab/formats/codecs/shuffle.hpp"

namespace sctab::zarr {
namespace {

using codecs::Codec;

constexpr std::uint64_t kCrcBytes = 4;

struct NamedCodec {
  std::string_view name;
  Codec codec;
};

constexpr std::array kCodecs = {NamedCodec{"zstd", Codec::kZstd},        NamedCodec{"blosc", Codec::kBlosc},
                                NamedCodec{"gzip", Codec::kGzip},        NamedCodec{"zlib", Codec::kZlib},
                                NamedCodec{"lz4", Codec::kLz4Numcodecs}, NamedCodec{"bz2", Codec::kBzip2}};

core::InputError damaged(const core::Problem& place, std::string found) {
  return core::InputError({.found = std::move(found), .next_step = arrays::kCopyAgain}).within(place);
}

/// The n bytes at `at` as an integer, the lowest first.
std::uint64_t little_endian(std::span<const std::byte> bytes, std::size_t at, std::size_t n) {
  std::uint64_t value = 0;
  for (std::size_t i = n; i-- > 0;) value = (value << 8U) | static_cast<std::uint64_t>(bytes[at + i]);
  return value;
}

/// The size that a zstd frame's header declares (RFC 8878, 3.1.1.1), if it does.
std::optional<std::uint64_t> size_of_zstd(std::span<const std::byte> in) {
  constexpr std::size_t kMagicAndDescriptor = 5;
  if (in.size() < kMagicAndDescriptor || little_endian(in, 0, 4) != 0xFD2FB528U) return std::nullopt;
  const auto descriptor = static_cast<unsigned>(in[4]);
  const bool is_single_segment = (descriptor & 0x20U) != 0;
  constexpr std::array<std::size_t, 4> kSizes = {0, 2, 4, 8}, kDictionaries = {0, 1, 2, 4};
  const std::size_t size = descriptor >> 6U == 0 ? (is_single_segment ? 1 : 0) : kSizes[descriptor >> 6U];
  const std::size_t at = kMagicAndDescriptor + (is_single_segment ? 0 : 1) + kDictionaries[descriptor & 3U];
  if (size == 0 || in.size() < at + size) return std::nullopt;
  return little_endian(in, at, size) + (size == 2 ? 256 : 0);
}

/// The size of what compressed bytes expand to, as they declare it.
std::optional<std::uint64_t> declared_size(Codec codec, std::span<const std::byte> in) {
  if (codec == Codec::kZstd) return size_of_zstd(in);
  if (codec == Codec::kBlosc && in.size() >= 16) return little_endian(in, 4, 4);
  if (codec == Codec::kLz4Numcodecs && in.size() >= 4) return little_endian(in, 0, 4);
  return std::nullopt;
}

void require_room(std::uint64_t n_bytes, const core::Problem& place) {
  core::Problem problem = place;
  problem.found = fmt::format("expands to {}", core::format_bytes(static_cast<double>(n_bytes)));
  const auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  core::require_memory(static_cast<std::int64_t>(std::min(n_bytes, most)), 1, std::move(problem));
}

/// Into as much memory as it takes. Sizes that are not declared are found by trying twice as much each time.
void expand_unknown(codecs::Expander& expander, Codec codec, std::span<const std::byte> in, std::vector<std::byte>& out,
                    const core::Problem& place) {
  constexpr std::uint64_t kLeast = 1 << 12, kFactor = 4;
  const auto declared = declared_size(codec, in);
  std::uint64_t size = declared.value_or(std::max<std::uint64_t>(kLeast, kFactor * in.size()));
  // A stream that does not end well looks like one that needs more room. Text that shrinks to less than this does not
  // occur.
  const std::uint64_t most = declared.value_or(std::max<std::uint64_t>(kLeast << 8U, 2048 * in.size()));
  while (true) {
    require_room(size, place);
    out.resize(static_cast<std::size_t>(size));
    if (const auto written = expander.expand(codec, in, out)) {
      out.resize(*written);
      return;
    }
    if (size >= most) throw damaged(place, fmt::format("its {} data are damaged", codecs::name_of(codec)));
    size = std::min(most, 2 * size);
  }
}

}  // namespace

bool CodecChain::add(std::string_view name, const nlohmann::json& configuration) {
  constexpr std::string_view kNumcodecs = "numcodecs.";
  const bool is_numcodecs = name.starts_with(kNumcodecs);
  if (is_numcodecs) name.remove_prefix(kNumcodecs.size());
  if (const auto known = std::ranges::find(kCodecs, name, &NamedCodec::name); known != kCodecs.end()) {
    steps_.push_back({.kind = Kind::kExpand, .codec = known->codec});
    return true;
  }
  if (name == "crc32c" && !is_numcodecs) {
    steps_.push_back({.kind = Kind::kCrc32c});
    return true;
  }
  if (name != "shuffle") return false;
  constexpr std::uint64_t kUsual = 4, kMost = 1024;
  const auto given = configuration.is_object() ? configuration.find("elementsize") : configuration.end();
  std::uint64_t size = kUsual;
  if (configuration.is_object() && given != configuration.end()) {
    if (!given->is_number_unsigned()) return false;
    size = given->get<std::uint64_t>();
  }
  if (size == 0 || size > kMost) return false;
  steps_.push_back({.kind = Kind::kShuffle, .element_size = static_cast<std::size_t>(size)});
  return true;
}

std::span<const std::byte> CodecChain::expand(std::span<const std::byte> stored, std::optional<std::uint64_t> n_bytes,
                                              Scratch& scratch, const core::Problem& place) const {
  // What each step was given, where that is known: only compressors change it in ways that do not show.
  std::vector<std::optional<std::uint64_t>> sizes;
  for (const Step& step : steps_) {
    sizes.push_back(n_bytes);
    if (step.kind == Kind::kExpand) n_bytes.reset();
    if (step.kind == Kind::kCrc32c && n_bytes) *n_bytes += kCrcBytes;
  }
  std::span<const std::byte> now = stored;
  for (std::size_t i = steps_.size(); i-- > 0;) {
    const Step& step = steps_[i];
    if (step.kind == Kind::kCrc32c) {
      if (!codecs::has_crc32c(now)) throw damaged(place, "its checksum does not match: it is damaged");
      now = now.first(now.size() - kCrcBytes);
      continue;
    }
    std::vector<std::byte>& out =
        !scratch.one.empty() && now.data() == scratch.one.data() ? scratch.other : scratch.one;
    if (step.kind == Kind::kShuffle) {
      // numcodecs leaves bytes behind the last whole element where they are.
      const std::size_t whole = now.size() / step.element_size * step.element_size;
      out.resize(now.size());
      codecs::unshuffle_bytes(now.first(whole), whole / step.element_size, step.element_size, 0,
                              std::span(out).first(whole));
      std::ranges::copy(now.subspan(whole), std::span(out).subspan(whole).begin());
    } else if (sizes[i]) {
      out.resize(static_cast<std::size_t>(*sizes[i]));
      if (scratch.expander.expand(step.codec, now, out) != out.size()) {
        throw damaged(place, fmt::format("its {} data are damaged", codecs::name_of(step.codec)));
      }
    } else {
      expand_unknown(scratch.expander, step.codec, now, out, place);
    }
    now = out;
  }
  if (const auto& known = sizes.empty() ? n_bytes : sizes.front(); known && now.size() != *known) {
    throw damaged(place,
                  fmt::format("has {} bytes in place of {}", core::format_count(static_cast<std::int64_t>(now.size())),
                              core::format_count(static_cast<std::int64_t>(*known))));
  }
  return now;
}

void CodecChain::expand_to(std::span<const std::byte> stored, std::span<std::byte> out, Scratch& scratch,
                           const core::Problem& place) const {
  if (steps_.size() == 1 && steps_.front().kind == Kind::kExpand) {
    if (scratch.expander.expand(steps_.front().codec, stored, out) == out.size()) return;
    throw damaged(place, fmt::format("its {} data are damaged", codecs::name_of(steps_.front().codec)));
  }
  std::ranges::copy(expand(stored, out.size(), scratch, place), out.begin());
}

}  // namespace sctab::zarr
