#include "sctab/published/npy_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <string_view>

#include "sctab/core/error.hpp"

namespace sctab::published {
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

// What stands behind "'key': " in the header's Python dict, up to `end`; empty where it is not there.
std::string_view value_of(std::string_view header, std::string_view key, char end) {
  const std::string start = fmt::format("'{}': ", key);
  const std::size_t begin = header.find(start);
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = header.substr(begin + start.size());
  return rest.substr(0, rest.find(end));
}

// "(5000, 19331" -> {5000, 19331}; {-1} where it is no shape.
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

NpyReader::NpyReader(std::filesystem::path path) : path_(std::move(path)), file_(path_, std::ios::binary) {
  if (!file_) throw core::InputError(fmt::format("{}: no such file, or it cannot be read", path_.string()));
  read_header();
}

void NpyReader::refuse(const std::string& what) const {
  throw core::InputError(fmt::format("{}: {}; expected an array that numpy.save() wrote", path_.string(), what));
}

void NpyReader::read_header() {
  constexpr std::string_view kMagic = "\x93NUMPY";
  std::array<char, 12> start{};
  file_.read(start.data(), 8);
  if (!file_ || std::string_view(start.data(), kMagic.size()) != kMagic) refuse("is no NumPy file");
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
  if (find_type(type_) == nullptr) refuse(fmt::format("holds values of type {}, which are not read", type));
  if (value_of(header, "fortran_order", ',') != "False") refuse("lies column by column, and rows were expected");
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
    refuse(fmt::format("has {} bytes, and its shape {} takes {}: it is damaged or cut short", found, shape_text(),
                       expected));
  }
}

std::string NpyReader::shape_text() const {
  return fmt::format("{}", fmt::join(shape_, " × "));
}

void NpyReader::read(std::span<double> out) {
  const NumberType& type = *find_type(type_);
  bytes_.resize(out.size() * type.n_bytes);
  file_.read(reinterpret_cast<char*>(bytes_.data()), static_cast<std::streamsize>(bytes_.size()));
  if (!file_) refuse("cannot be read to its end");
  type.convert(bytes_.data(), out);
}

}  // namespace sctab::published
