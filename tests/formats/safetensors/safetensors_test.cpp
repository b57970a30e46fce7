#include "sctab/formats/safetensors/safetensors.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <span>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::safetensors::tests {
namespace {

using core::InputError;
using sctab::tests::TemporaryFolder;

/// Arrays to write, with the bytes that they look at.
struct Arrays {
  std::vector<std::vector<std::byte>> memory;
  std::vector<ArrayView> views;

  void add(std::string_view name, NumberType type, std::vector<std::int64_t> shape, std::size_t n_bytes) {
    std::vector<std::byte>& bytes = memory.emplace_back(n_bytes);
    for (std::size_t i = 0; i < n_bytes; ++i) bytes[i] = static_cast<std::byte>(7 * i + memory.size());
    views.push_back({name, type, std::move(shape), bytes});
  }
};

void write_raw(const std::filesystem::path& path, const std::string& header, const std::string& data) {
  std::ofstream file(path, std::ios::binary);
  const std::uint64_t length = header.size();
  file.write(reinterpret_cast<const char*>(&length), sizeof(length));
  file << header << data;
}

TEST(Safetensors, RoundTripKeepsEveryType) {
  const TemporaryFolder folder;
  Arrays arrays;
  arrays.memory.reserve(20);
  arrays.add("bytes", NumberType::kU8, {5}, 5);
  arrays.add("scalar", NumberType::kI64, {}, 8);
  arrays.add("weights", NumberType::kF32, {2, 3}, 24);
  arrays.add("empty", NumberType::kF32, {0, 4}, 0);
  arrays.add("doubles", NumberType::kF64, {3}, 24);
  arrays.add("flags", NumberType::kBool, {2}, 2);
  arrays.add("half", NumberType::kF16, {3}, 6);
  arrays.add("brain", NumberType::kBF16, {3}, 6);
  arrays.add("shorts", NumberType::kI16, {3}, 6);
  arrays.add("ints", NumberType::kI32, {3}, 12);
  arrays.add("chars", NumberType::kI8, {3}, 3);
  arrays.add("a \"name\" – with ünicode", NumberType::kF32, {1}, 4);
  write(folder / "t.safetensors", arrays.views, {{"format", "pt"}});
  const Contents found = read(folder / "t.safetensors");
  EXPECT_EQ(found.metadata, (Metadata{{"format", "pt"}}));
  ASSERT_EQ(found.arrays.size(), arrays.views.size());
  for (const ArrayView& wanted : arrays.views) {
    const auto entry = std::ranges::find(found.arrays, wanted.name, &Array::name);
    ASSERT_NE(entry, found.arrays.end()) << wanted.name;
    EXPECT_EQ(entry->type, wanted.type) << wanted.name;
    EXPECT_EQ(entry->shape, wanted.shape) << wanted.name;
    EXPECT_TRUE(std::ranges::equal(entry->bytes, wanted.bytes)) << wanted.name;
  }
}

TEST(Safetensors, NothingIsAlsoAFile) {
  const TemporaryFolder folder;
  write(folder / "t.safetensors", {});
  EXPECT_TRUE(read(folder / "t.safetensors").arrays.empty());
}

TEST(Safetensors, ReadsWhatTheFormatAllows) {
  // Any order of names, padding behind the header, data without alignment.
  const TemporaryFolder folder;
  write_raw(
      folder / "t.safetensors",
      R"({"b":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"F32","shape":[],"data_offsets":[1,5]}}  )",
      std::string("\x07", 1) + std::string("\0\0\x80\x3f", 4));
  const Contents found = read(folder / "t.safetensors");
  EXPECT_EQ(found.arrays.at(0).name, "b");
  EXPECT_EQ(found.arrays.at(0).bytes, std::vector<std::byte>{std::byte{7}});
  float one = 0;
  ASSERT_EQ(found.arrays.at(1).bytes.size(), sizeof(one));
  std::memcpy(&one, found.arrays.at(1).bytes.data(), sizeof(one));
  EXPECT_EQ(one, 1);
}

TEST(Safetensors, DamageIsNamed) {
  const TemporaryFolder folder;
  const auto path = folder / "t.safetensors";
  const auto expect_refused = [&](const std::string& header, const std::string& data, const char* what) {
    write_raw(path, header, data);
    SCTAB_EXPECT_THROW_WITH(read(path), InputError, "t.safetensors", what);
  };
  const auto tensor = [](const char* type, const char* shape, const char* offsets) {
    return fmt::format(R"({{"w":{{"dtype":{},"shape":{},"data_offsets":{}}}}})", type, shape, offsets);
  };
  const std::string data(8, '\0');
  expect_refused("[]", "", "JSON object");
  expect_refused("{\"w\":", "", "is not JSON");
  expect_refused("{\"w\":3}", "", "array w: dtype null");
  expect_refused(tensor("\"F8\"", "[2]", "[0,8]"), data, "array w: dtype \"F8\"");
  expect_refused(tensor("\"F32\"", "[-2]", "[0,8]"), data, "array w: shape [-2]");
  expect_refused(tensor("\"F32\"", "2", "[0,8]"), data, "array w: shape 2");
  expect_refused(tensor("\"F32\"", "[2]", "[0]"), data, "data_offsets [0]");
  expect_refused(tensor("\"F32\"", "[2]", "[0,16]"), data, "array w: bytes 0 to 16");
  expect_refused(tensor("\"F32\"", "[2]", "[8,0]"), data, "array w: bytes 8 to 0");
  expect_refused(tensor("\"F32\"", "[3]", "[0,8]"), data, "expected F32 of shape [3]");
  expect_refused(tensor("\"F32\"", "[4611686018427387904,4]", "[0,8]"), data, "expected F32 of shape");
  expect_refused(tensor("\"F32\"", "[1]", "[4,8]"), data, "begins at byte 4; expected 0");
  expect_refused(tensor("\"F32\"", "[1]", "[0,4]"), data, "8 bytes of data; expected 4");
  expect_refused(
      R"({"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
      data, "array b: begins at byte 4; expected 6");
  expect_refused(R"({"__metadata__":{"format":3}})", "", "__metadata__ format: 3");
  SCTAB_EXPECT_THROW_WITH(read(folder / "none.safetensors"), InputError, "none.safetensors", "no such file");
}

TEST(Safetensors, AnyWrongByteIsReadOrRefused) {
  const TemporaryFolder folder;
  const auto path = folder / "t.safetensors";
  Arrays arrays;
  arrays.memory.reserve(2);
  arrays.add("w", NumberType::kF32, {3}, 12);
  arrays.add("n", NumberType::kI64, {}, 8);
  write(path, arrays.views, {{"format", "pt"}});
  const std::string whole = sctab::tests::read_bytes(path);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int byte : {0x00, 0x20, 0x22, 0x2d, 0x39, 0x5b, 0x7d, 0xff}) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(byte);
      sctab::tests::write_bytes(path, damaged);
      try {
        read(path);
      } catch (const InputError& error) {
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      }
    }
  }
}

TEST(Safetensors, EveryTruncationIsAnError) {
  const TemporaryFolder folder;
  const auto path = folder / "t.safetensors";
  Arrays arrays;
  arrays.add("w", NumberType::kF32, {3}, 12);
  write(path, arrays.views);
  for (auto bytes = std::filesystem::file_size(path); bytes-- > 0;) {
    std::filesystem::resize_file(path, bytes);
    EXPECT_THROW(read(path), InputError) << bytes << " bytes";
  }
}

}  // namespace
}  // namespace sctab::safetensors::tests
