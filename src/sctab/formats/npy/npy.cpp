#include "sctab/formats/npy/npy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <string_view>

#include "sctab/core/error.hpp"

namespace sctab::npy {
namespace {

static_assert(std::endian::native == std::endian::little);

template <typename T>
void convert(const std::byte* from, std::span<double> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    T value{};
    std::memcpy(&value, from + i * sizeof(T), sizeof(T));
    out[i] = static_cast<double>(value);
  }
}

struct NumberType {
  std::string_view name;
  std::size_t n_bytes;
  void (*convert)(const std::byte* from, std::span<double> out);
};
constexpr std::string_view kMagic = "\x93NUMPY";

constexpr std::array<NumberType, 8> kTypes = {{{"<f4", 4, convert<float>},
                                               {"<f8", 8, convert<double>},
                                               {"|b1", 1, convert<std::uint8_t>},
                                               {"|u1", 1, convert<std::uint8_t>},
                                               {"|i1", 1, convert<std::int8_t>},
                                               {"<i2", 2, convert<std::int16_t>},
                                               {"<i4", 4, convert<std::int32_t>},
                                               {"<i8", 8, convert<std::int64_t>}}};

const NumberType* find_type(std::string_view name) {
  for (const NumberType& type : kTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

// The value behind "'key': " in the header's Python dict, up to `end`; empty if the key is missing.
std::string_view value_of(std::string_view header, std::string_view key, char end) {
  const std::string start = fmt::format("'{}': ", key);
  const std::size_t begin = header.find(start);
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = header.substr(begin + start.size());
  return rest.substr(0, rest.find(end));
}

// "(5000, 19331" -> {5000, 19331}; {-1} if it is not a shape.
std::vector<std::int64_t> parse_shape(std::string_view text) {
  std::vector<std::int64_t> shape;
  const char* at = text.data() + (text.starts_with('(') ? 1 : 0);
  const char* const end = text.data() + text.size();
  while (at != end) {
    std::int64_t size = 0;
    const auto [next, error] = std::from_chars(at, end, size);
    if (error != std::errc() || size < 0) return {-1};
    shape.push_back(size);
    at = next;
    while (at != end && (*at == ',' || *at == ' ')) ++at;
  }
  return shape;
}

}  // namespace

Reader::Reader(std::filesystem::path path) : path_(std::move(path)), file_(path_, std::ios::binary) {
  if (!file_) throw core::InputError({.file = path_.string(), .found = "no such file, or it cannot be read"});
  read_header();
}

void Reader::refuse(std::string found) const {
  throw core::InputError({.file = path_.string(),
                          .found = std::move(found),
                          .expected = "an array of numbers, row by row, as numpy.save() writes it"});
}

void Reader::read_header() {
  std::array<char, 12> start{};
  file_.read(start.data(), 8);
  if (!file_ || std::string_view(start.data(), kMagic.size()) != kMagic) refuse("is not a NumPy file");
  const int width = start[6] == 1 ? 2 : 4;  // bytes of the header's size
  file_.read(start.data() + 8, width);
  std::uint32_t header_bytes = 0;
  for (int i = 0; i < width; ++i) {
    header_bytes |= std::uint32_t{static_cast<unsigned char>(start[static_cast<std::size_t>(8 + i)])} << (8 * i);
  }
  constexpr std::uint32_t kMostHeaderBytes = 1 << 16;
  if (!file_ || header_bytes > kMostHeaderBytes) refuse("its header is damaged");
  std::string header(header_bytes, '\0');
  file_.read(header.data(), header_bytes);
  const std::string_view type = value_of(header, "descr", ',');
  if (!file_ || type.size() < 3) refuse("its header is damaged");
  type_ = type.substr(1, type.size() - 2);
  if (find_type(type_) == nullptr) refuse(fmt::format("has values of the unsupported type {}", type));
  if (value_of(header, "fortran_order", ',') != "False") refuse("is stored column by column");
  shape_ = parse_shape(value_of(header, "shape", ')'));

  std::int64_t n_values = 1;
  for (const std::int64_t size : shape_) {
    if (size < 0 || (size > 0 && n_values > std::numeric_limits<std::int64_t>::max() / 16 / size)) {
      refuse("its header is damaged");
    }
    n_values *= size;
  }
  const std::int64_t expected = file_.tellg() + std::streamoff{n_values * std::int64_t(find_type(type_)->n_bytes)};
  const auto found = static_cast<std::int64_t>(std::filesystem::file_size(path_));
  if (found != expected) {
    refuse(fmt::format("has {} bytes, while its shape {} takes {}: it is damaged or cut short", found, shape_text(),
                       expected));
  }
}

std::string Reader::shape_text() const {
  return fmt::format("{}", fmt::join(shape_, " × "));
}

void Reader::read(std::span<double> out) {
  const NumberType& type = *find_type(type_);
  bytes_.resize(out.size() * type.n_bytes);
  file_.read(reinterpret_cast<char*>(bytes_.data()), static_cast<std::streamsize>(bytes_.size()));
  if (!file_) refuse("cannot be read to its end");
  type.convert(bytes_.data(), out);
}

Writer::Writer(std::filesystem::path path, std::int64_t n_rows, std::int64_t n_columns)
    : path_(std::move(path)), file_(path_, std::ios::binary), n_missing_(n_rows * n_columns) {
  constexpr std::size_t kAlignment = 64;
  constexpr std::string_view kVersion("\x01\x00", 2);
  std::string header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", n_rows, n_columns);
  const std::size_t before = kMagic.size() + kVersion.size() + 2;
  header.append((kAlignment - (before + header.size() + 1) % kAlignment) % kAlignment, ' ');
  header += '\n';
  file_ << kMagic << kVersion << static_cast<char>(header.size() & 0xFFU) << static_cast<char>(header.size() >> 8U)
        << header;
  require_written();
}

void Writer::append(std::span<const float> values) {
  n_missing_ -= std::ssize(values);
  file_.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
  require_written();
}

void Writer::close() {
  SCTAB_ASSERT(n_missing_ == 0);
  file_.close();
  require_written();
}

void Writer::require_written() const {
  if (file_) return;
  throw core::InputError(
      {.file = path_.string(), .found = "cannot be written", .next_step = "check that the disk is not full"});
}

}  // namespace sctab::npy
