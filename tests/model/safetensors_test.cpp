#include "sctab/model/safetensors.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::model::tests {
namespace {

using core::InputError;
using sctab::tests::TemporaryFolder;

std::vector<NamedTensor> one_of_each_type() {
  return {{"bytes", at::arange(5, at::kByte)},
          {"scalar", at::full({}, 7, at::kLong)},
          {"weights", at::arange(6, at::kFloat).view({2, 3}) / 7},
          {"empty", at::zeros({0, 4})},
          {"doubles", at::arange(3, at::kDouble) / 3},
          {"flags", at::arange(2).to(at::kBool)},
          {"half", at::ones({3}, at::kHalf)},
          {"brain", at::ones({3}, at::kBFloat16)},
          {"shorts", at::arange(3, at::kShort)},
          {"ints", at::arange(3, at::kInt)},
          {"chars", at::arange(3, at::kChar)},
          {"a \"name\" – with ünicode", at::ones({1})}};
}

void write(const std::filesystem::path& path, const std::string& header, const std::string& data) {
  std::ofstream file(path, std::ios::binary);
  const std::uint64_t length = header.size();
  file.write(reinterpret_cast<const char*>(&length), sizeof(length));
  file << header << data;
}

TEST(Safetensors, RoundTripKeepsEveryType) {
  const TemporaryFolder folder;
  const auto tensors = one_of_each_type();
  write_safetensors(folder / "t.safetensors", tensors, {{"format", "pt"}});
  const Safetensors found = read_safetensors(folder / "t.safetensors");
  EXPECT_EQ(found.metadata, (SafetensorsMetadata{{"format", "pt"}}));
  ASSERT_EQ(found.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    const auto entry = std::ranges::find(found.tensors, name, &NamedTensor::name);
    ASSERT_NE(entry, found.tensors.end()) << name;
    EXPECT_EQ(entry->tensor.scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(entry->tensor, tensor)) << name;
  }
}

TEST(Safetensors, TransposedTensorsAreWrittenAsTheyLook) {
  const TemporaryFolder folder;
  const at::Tensor tensor = at::arange(6, at::kFloat).view({2, 3}).t();
  write_safetensors(folder / "t.safetensors", {{"t", tensor}});
  EXPECT_TRUE(at::equal(read_safetensors(folder / "t.safetensors").tensors.at(0).tensor, tensor));
}

TEST(Safetensors, NothingIsAlsoAFile) {
  const TemporaryFolder folder;
  write_safetensors(folder / "t.safetensors", {});
  EXPECT_TRUE(read_safetensors(folder / "t.safetensors").tensors.empty());
}

TEST(Safetensors, ReadsWhatTheFormatAllows) {
  // Any order of names, padding behind the header, data without alignment.
  const TemporaryFolder folder;
  write(
      folder / "t.safetensors",
      R"({"b":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"F32","shape":[],"data_offsets":[1,5]}}  )",
      std::string("\x07", 1) + std::string("\0\0\x80\x3f", 4));
  const Safetensors found = read_safetensors(folder / "t.safetensors");
  EXPECT_EQ(found.tensors.at(0).tensor.item<int>(), 7);
  EXPECT_EQ(found.tensors.at(1).tensor.item<float>(), 1);
}

TEST(Safetensors, DamageIsNamed) {
  const TemporaryFolder folder;
  const auto path = folder / "t.safetensors";
  const auto expect_refused = [&](const std::string& header, const std::string& data, const char* what) {
    write(path, header, data);
    SCTAB_EXPECT_THROW_WITH(read_safetensors(path), InputError, "t.safetensors", what);
  };
  const auto tensor = [](const char* type, const char* shape, const char* offsets) {
    return fmt::format(R"({{"w":{{"dtype":{},"shape":{},"data_offsets":{}}}}})", type, shape, offsets);
  };
  const std::string data(8, '\0');
  expect_refused("[]", "", "JSON object");
  expect_refused("{\"w\":", "", "JSON object");
  expect_refused("{\"w\":3}", "", "tensor w has dtype null");
  expect_refused(tensor("\"F8\"", "[2]", "[0,8]"), data, "tensor w has dtype \"F8\"");
  expect_refused(tensor("\"F32\"", "[-2]", "[0,8]"), data, "tensor w has shape [-2]");
  expect_refused(tensor("\"F32\"", "2", "[0,8]"), data, "tensor w has shape 2");
  expect_refused(tensor("\"F32\"", "[2]", "[0]"), data, "data_offsets [0]");
  expect_refused(tensor("\"F32\"", "[2]", "[0,16]"), data, "tensor w lies at bytes 0 to 16");
  expect_refused(tensor("\"F32\"", "[2]", "[8,0]"), data, "tensor w lies at bytes 8 to 0");
  expect_refused(tensor("\"F32\"", "[3]", "[0,8]"), data, "expected F32 of shape [3]");
  expect_refused(tensor("\"F32\"", "[4611686018427387904,4]", "[0,8]"), data, "expected F32 of shape");
  expect_refused(tensor("\"F32\"", "[1]", "[4,8]"), data, "begins at byte 4, expected 0");
  expect_refused(tensor("\"F32\"", "[1]", "[0,4]"), data, "has 8 bytes of data, expected 4");
  expect_refused(
      R"({"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
      data, "tensor b begins at byte 4, expected 6");
  expect_refused(R"({"__metadata__":{"format":3}})", "", "__metadata__ format is 3");
  SCTAB_EXPECT_THROW_WITH(read_safetensors(folder / "none.safetensors"), InputError, "none.safetensors",
                          "no such file");
}

TEST(Safetensors, AnyWrongByteIsReadOrRefused) {
  const TemporaryFolder folder;
  const auto path = folder / "t.safetensors";
  write_safetensors(path, {{"w", at::ones({3})}, {"n", at::zeros({}, at::kLong)}}, {{"format", "pt"}});
  const std::string whole = sctab::tests::read_bytes(path);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int byte : {0x00, 0x20, 0x22, 0x2d, 0x39, 0x5b, 0x7d, 0xff}) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(byte);
      sctab::tests::write_bytes(path, damaged);
      try {
        read_safetensors(path);
      } catch (const InputError& error) {
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      }
    }
  }
}

TEST(Safetensors, EveryTruncationIsAnError) {
  const TemporaryFolder folder;
  const auto path = folder / "t.safetensors";
  write_safetensors(path, {{"w", at::ones({3})}});
  for (auto bytes = std::filesystem::file_size(path); bytes-- > 0;) {
    std::filesystem::resize_file(path, bytes);
    EXPECT_THROW(read_safetensors(path), InputError) << bytes << " bytes";
  }
}

}  // namespace
}  // namespace sctab::model::tests
