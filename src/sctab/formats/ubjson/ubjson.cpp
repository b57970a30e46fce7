#include "sctab/formats/ubjson/ubjson.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

namespace sctab::ubjson {
namespace {

/// Bytes of a number of this type; 0 where it is not one.
std::uint64_t size_of(char type) {
  switch (type) {
    case 'i':
    case 'U':
    case 'C':
      return 1;
    case 'I':
      return 2;
    case 'l':
    case 'd':
      return 4;
    case 'L':
    case 'D':
      return 8;
    default:
      return 0;
  }
}

/// Foreign text as an error shows it: short, and without what a terminal would obey.
std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 40;
  std::string result(text.substr(0, kMost));
  for (char& c : result) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text.size() > kMost ? result + "…" : result;
}

/// The number in the first bytes.
template <typename Stored>
Stored big_endian(std::span<const std::uint8_t> bytes) {
  using Bits =
      std::conditional_t<sizeof(Stored) == 8, std::uint64_t,
                         std::conditional_t<sizeof(Stored) == 4, std::uint32_t,
                                            std::conditional_t<sizeof(Stored) == 2, std::uint16_t, std::uint8_t>>>;
  Bits bits = 0;
  for (std::size_t i = 0; i < sizeof(Stored); ++i) bits = static_cast<Bits>((std::uint64_t{bits} << 8) | bytes[i]);
  return std::bit_cast<Stored>(bits);
}

template <typename Number, typename Stored>
bool fits(Stored value) {
  if constexpr (std::is_floating_point_v<Number>) {
    return true;
  } else if constexpr (std::is_floating_point_v<Stored>) {
    constexpr auto kLowest = static_cast<double>(std::numeric_limits<Number>::min());
    constexpr auto kHighest = static_cast<double>(std::numeric_limits<Number>::max());
    const auto exact = static_cast<double>(value);
    return exact >= kLowest && exact <= kHighest && exact == std::trunc(exact);
  } else {
    return std::in_range<Number>(value);
  }
}

}  // namespace

Reader::Reader(std::span<const std::uint8_t> bytes, core::Problem place) : bytes_(bytes), place_(std::move(place)) {}

void Reader::refuse(std::string found, std::string expected) const {
  core::Problem problem = place_;
  problem.key = path();
  problem.found = std::move(found);
  problem.expected = std::move(expected);
  throw core::InputError(std::move(problem));
}

std::string Reader::path() const {
  std::string path;
  for (const Step& step : path_) {
    if (!step.key) {
      path += fmt::format("[{}]", step.index);
    } else {
      if (!path.empty()) path += '.';
      path += shown(*step.key);
    }
  }
  return path;
}

void Reader::enter(Step step) {
  if (path_.size() == kMaxDepth) refuse("values are nested too deep", fmt::format("a depth of at most {}", kMaxDepth));
  path_.push_back(step);
}

std::span<const std::uint8_t> Reader::take(std::uint64_t n) {
  if (n > n_left()) refuse(fmt::format("the bytes end {} too early, at byte {}", n - n_left(), bytes_.size()));
  const auto taken = bytes_.subspan(position_, n);
  position_ += n;
  return taken;
}

bool Reader::take_if(char wanted) {
  if (n_left() == 0 || static_cast<char>(bytes_[position_]) != wanted) return false;
  ++position_;
  return true;
}

void Reader::expect(char wanted, const char* expected) {
  const char found = take_char();
  if (found == wanted) return;
  refuse(fmt::format("byte {} is {:#04x}", position_ - 1, static_cast<unsigned char>(found)), expected);
}

/// UBJSON allows any integer type for a length.
std::uint64_t Reader::count() {
  const char type = take_char();
  std::int64_t n = -1;
  if (type == 'L') n = big_endian<std::int64_t>(take(8));
  if (type == 'l') n = big_endian<std::int32_t>(take(4));
  if (type == 'I') n = big_endian<std::int16_t>(take(2));
  if (type == 'i' || type == 'U') n = take(1).front();
  if (type == 'i' && n > std::numeric_limits<std::int8_t>::max()) n = -1;  // it is signed
  if (n < 0) refuse(fmt::format("no length before byte {}", position_), "a length of 0 or more");
  return static_cast<std::uint64_t>(n);
}

void Reader::enter_object() {
  expect('{', "an object");
}

std::optional<std::string_view> Reader::next_key() {
  if (take_if('}')) return std::nullopt;
  const auto key = take(count());
  return std::string_view(reinterpret_cast<const char*>(key.data()), key.size());
}

Reader::ArrayHead Reader::enter_array() {
  expect('[', "an array");
  ArrayHead head;
  if (take_if('$')) {
    head.type = take_char();
    // Types without bytes, true and null, would make endless arrays of nothing.
    if (size_of(head.type) == 0) refuse("an array of a type that is not a number");
    expect('#', "the length of an array");
    head.count = count();
  } else if (take_if('#')) {
    head.count = count();
  }
  const std::uint64_t least = head.type == 0 ? 1 : size_of(head.type);  // bytes of a value
  if (head.count && *head.count > n_left() / least) {
    refuse(fmt::format("an array of {} values in {} bytes", *head.count, n_left()));
  }
  return head;
}

bool Reader::has_value(const ArrayHead& head, std::uint64_t i) {
  return head.count ? i < *head.count : !take_if(']');
}

std::string_view Reader::text() {
  expect('S', "text");
  const auto bytes = take(count());
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <typename Number, typename Stored>
void Reader::append(std::uint64_t n, std::vector<Number>& numbers) {
  for (auto bytes = take(n * sizeof(Stored)); !bytes.empty(); bytes = bytes.subspan(sizeof(Stored))) {
    const auto value = big_endian<Stored>(bytes);
    if (!fits<Number>(value))
      refuse(fmt::format("number {} is {}", numbers.size(), value), "a whole number of 32 bits");
    numbers.push_back(static_cast<Number>(value));
  }
}

template <typename Number>
void Reader::append(char type, std::uint64_t n, std::vector<Number>& numbers) {
  switch (type) {
    case 'i':
      return append<Number, std::int8_t>(n, numbers);
    case 'U':
      return append<Number, std::uint8_t>(n, numbers);
    case 'I':
      return append<Number, std::int16_t>(n, numbers);
    case 'l':
      return append<Number, std::int32_t>(n, numbers);
    case 'L':
      return append<Number, std::int64_t>(n, numbers);
    case 'd':
      return append<Number, float>(n, numbers);
    case 'D':
      return append<Number, double>(n, numbers);
    default:
      refuse(fmt::format("byte {} is {:#04x}", position_ - 1, static_cast<unsigned char>(type)), "a number");
  }
}

template <typename Number>
std::vector<Number> Reader::numbers() {
  const ArrayHead head = enter_array();
  std::vector<Number> numbers;
  if (head.count) numbers.reserve(*head.count);
  if (head.type != 0) {
    append(head.type, *head.count, numbers);
  } else {
    for (std::uint64_t i = 0; has_value(head, i); ++i) append(take_char(), 1, numbers);
  }
  return numbers;
}

template std::vector<float> Reader::numbers<float>();
template std::vector<std::int32_t> Reader::numbers<std::int32_t>();

void Reader::skip() {
  if (n_left() > 0 && static_cast<char>(bytes_[position_]) == '{') {
    return object([this](std::string_view) { skip(); });
  }
  if (n_left() > 0 && static_cast<char>(bytes_[position_]) == '[') {
    const ArrayHead head = enter_array();
    if (head.type != 0) {
      take(*head.count * size_of(head.type));
      return;
    }
    for (std::size_t i = 0; has_value(head, i); ++i) {
      enter({.index = i});
      skip();
      leave();
    }
    return;
  }
  const char type = take_char();
  if (type == 'S' || type == 'H') {
    take(count());
  } else if (type != 'Z' && type != 'T' && type != 'F') {
    const std::uint64_t size = size_of(type);
    if (size == 0)
      refuse(fmt::format("byte {} is {:#04x}", position_ - 1, static_cast<unsigned char>(type)), "a value");
    take(size);
  }
}

void Reader::expect_end() const {
  if (n_left() > 0) refuse(fmt::format("{} bytes follow the last value", n_left()));
}

}  // namespace sctab::ubjson
