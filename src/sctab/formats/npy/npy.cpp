#include "sctab/formats/npy/npy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string_view>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/input_file.hpp"

namespace sctab::npy {
namespace {

using formats::NumberType;

constexpr std::string_view kMagic = "\x93NUMPY";

constexpr std::array<std::pair<std::string_view, NumberType>, 8> kTypes = {{{"<f4", NumberType::kF32},
                                                                            {"<f8", NumberType::kF64},
                                                                            {"|b1", NumberType::kBool},
                                                                            {"|u1", NumberType::kU8},
                                                                            {"|i1", NumberType::kI8},
                                                                            {"<i2", NumberType::kI16},
                                                                            {"<i4", NumberType::kI32},
                                                                            {"<i8", NumberType::kI64}}};

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

Reader::Reader(std::filesystem::path path) : path_(std::move(path)) {
  (void)core::open_input(path_, {.expected = "an array as numpy.save() writes it"});
  file_.open(path_, std::ios::binary);
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
  const auto* const known =
      std::ranges::find(kTypes, type.substr(1, type.size() - 2), &decltype(kTypes)::value_type::first);
  if (known == kTypes.end()) refuse(fmt::format("has values of the unsupported type {}", type));
  type_ = known->second;
  if (value_of(header, "fortran_order", ',') != "False") refuse("is stored column by column");
  shape_ = parse_shape(value_of(header, "shape", ')'));

  std::int64_t n_values = 1;
  for (const std::int64_t size : shape_) {
    if (size < 0 || (size > 0 && n_values > std::numeric_limits<std::int64_t>::max() / 16 / size)) {
      refuse("its header is damaged");
    }
    n_values *= size;
  }
  const std::int64_t expected = file_.tellg() + std::streamoff{n_values * std::int64_t(formats::width(type_))};
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
  bytes_.resize(out.size() * formats::width(type_));
  file_.read(reinterpret_cast<char*>(bytes_.data()), static_cast<std::streamsize>(bytes_.size()));
  if (!file_) refuse("cannot be read to its end");
  formats::to_doubles(type_, bytes_.data(), out);
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
