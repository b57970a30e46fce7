#include "sctab/formats/zarr/hierarchy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "formats/zarr/zarr_folder.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/codecs/checksums.hpp"
#include "support/fixtures.hpp"

namespace sctab::zarr {
namespace {

using arrays::ArrayInfo;
using arrays::read_numbers;
using formats::Strings;
using Reals = std::vector<double>;

/// A matrix row by row.
template <typename T>
std::vector<T> whole(const arrays::ArrayGroup& group, const std::string& path) {
  const auto matrix = group.matrix(path);
  std::vector<T> values(static_cast<std::size_t>(matrix->n_rows() * matrix->n_columns()));
  matrix->read({0, matrix->n_rows(), 0, matrix->n_columns()}, std::as_writable_bytes(std::span(values)));
  return values;
}

std::string texts(std::initializer_list<const char*> each) {
  std::string bytes = little_endian(each.size(), 4);
  for (const std::string text : each) bytes += little_endian(text.size(), 4) + text;
  return bytes;
}

/// Two chunks of two floats in a shard, the second stored first.
std::string shard(bool index_first, bool damaged = false) {
  const std::string chunks = raw<float>({3, 4}) + raw<float>({1, 2});
  const std::uint64_t begin = index_first ? 36 : 0;
  std::string index;
  for (const std::uint64_t number : {begin + 8, std::uint64_t{8}, begin, std::uint64_t{8}}) {
    index += little_endian(number, 8);
  }
  index += little_endian(codecs::crc32c(std::as_bytes(std::span(index))), 4);
  if (damaged) index[0] = static_cast<char>(index[0] ^ 1);
  return index_first ? index + chunks : chunks + index;
}

std::string sharding(const std::string& more) {
  return std::string(R"([{"name": "sharding_indexed", "configuration": {"chunk_shape": [2], "codecs": )") +
         kBytesCodec +
         R"(, "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}])" + more +
         "}}]";
}

TEST(Zarr2, ReadsNumbersOfAllKinds) {
  const ZarrFolder zarr(2);
  zarr.put_array_2("f", R"("<f4")", "[3]", "[2]");
  zarr.put("f/0", raw<float>({1, 2}));
  zarr.put("f/1", raw<float>({3, 99}));
  zarr.put_array_2("big", R"(">i2")", "[2]", "[2]");
  zarr.put("big/0", std::string("\x01\x02\xff\xfe", 4));
  zarr.put_array_2("b", R"("|b1")", "[3]", "[3]");
  zarr.put("b/0", std::string("\0\1\2", 3));
  zarr.put_array_2("half", R"("<f2")", "[5]", "[5]");
  zarr.put("half/0", std::string("\x00\x3c\x00\xc0\x00\x7c\x01\x00\xff\x7b", 10));
  const Group group = zarr.open();
  EXPECT_EQ(read_numbers<double>(group, "f"), (Reals{1, 2, 3}));
  EXPECT_EQ(read_numbers<std::int32_t>(group, "big"), (std::vector<std::int32_t>{258, -2}));
  EXPECT_EQ(read_numbers<double>(group, "big"), (Reals{258, -2}));
  EXPECT_EQ(read_numbers<std::int64_t>(group, "b"), (std::vector<std::int64_t>{0, 1, 1}));
  EXPECT_EQ(group.info("b").kind, ArrayInfo::Kind::kBoolean);
  EXPECT_EQ(read_numbers<double>(group, "half"),
            (Reals{1, -2, std::numeric_limits<double>::infinity(), std::ldexp(1, -24), 65504}));
  EXPECT_EQ(group.members(""), (Strings{"b", "big", "f", "half"}));
}

TEST(Zarr2, ReadsMatricesInBothOrders) {
  const ZarrFolder zarr(2);
  zarr.put_array_2("c", R"("<i4")", "[3, 3]", "[2, 2]");
  zarr.put("c/0.0", raw<std::int32_t>({1, 2, 4, 5}));
  zarr.put("c/0.1", raw<std::int32_t>({3, 99, 6, 99}));
  zarr.put("c/1.0", raw<std::int32_t>({7, 8, 99, 99}));
  zarr.put_array_2("f", R"("<i4")", "[2, 3]", "[2, 3]", R"(, "order": "F", "dimension_separator": "/")");
  zarr.put("f/0/0", raw<std::int32_t>({1, 4, 2, 5, 3, 6}));
  const Group group = zarr.open();
  EXPECT_EQ(whole<std::int32_t>(group, "c"), (std::vector<std::int32_t>{1, 2, 3, 4, 5, 6, 7, 8, 0})) << "1.1: fill";
  EXPECT_EQ(whole<std::int32_t>(group, "f"), (std::vector<std::int32_t>{1, 2, 3, 4, 5, 6}));
  std::vector<std::int32_t> part(4);
  group.matrix("c")->read({1, 2, 1, 2}, std::as_writable_bytes(std::span(part)));
  EXPECT_EQ(part, (std::vector<std::int32_t>{5, 6, 8, 0}));
}

TEST(Zarr2, ReadsText) {
  const ZarrFolder zarr(2);
  const std::string vlen = R"(, "filters": [{"id": "vlen-utf8"}])";
  zarr.put("o/.zarray", R"({"zarr_format": 2, "dtype": "|O", "shape": [3], "chunks": [2], "fill_value": "none",
    "compressor": null, "order": "C", "filters": [{"id": "vlen-utf8"}]})");
  zarr.put("o/0", texts({"é", ""}));
  zarr.put_array_2("u", R"("<U2")", "[2]", "[2]");
  zarr.put("u/0", raw<char32_t>({U'a', 0, U'€', U'𝄞'}));
  zarr.put_array_2("s", R"("|S3")", "[]", "[]");
  zarr.put("s/0", std::string("ab\0", 3));
  zarr.put_array_2("latin", R"("|S1")", "[1]", "[1]");
  zarr.put("latin/0", "\xe9");
  zarr.put_array_2("pickled", R"("|O")", "[1]", "[1]", R"(, "filters": [{"id": "pickle"}])");
  const Group group = zarr.open();
  EXPECT_EQ(group.texts("o"), (Strings{"é", "", "none"}));
  EXPECT_EQ(group.texts("u"), (Strings{"a", "€𝄞"}));
  EXPECT_EQ(group.texts("s"), Strings{"ab"});
  SCTAB_EXPECT_THROW_WITH((void)group.texts("latin", "category"), core::InputError, "latin", "category 0", "UTF-8");
  EXPECT_EQ(group.info("pickled").kind, ArrayInfo::Kind::kOther);
  SCTAB_EXPECT_THROW_WITH((void)group.texts("pickled"), core::InputError, "pickled", "|O");
}

TEST(Zarr3, ReadsChunksShardsAndTransposedMatrices) {
  const ZarrFolder zarr(3);
  zarr.put_array_3("plain", R"("float32")", "[3]", "[2]", kBytesCodec);
  zarr.put("plain/c/0", raw<float>({1, 2}));
  zarr.put("plain/c/1", raw<float>({3, 0}));
  zarr.put_array_3("end", R"("float32")", "[7]", "[4]", sharding(""));
  zarr.put("end/c/0", shard(false));
  zarr.put_array_3("start", R"("float32")", "[4]", "[4]", sharding(R"(, "index_location": "start")"));
  zarr.put("start/c/0", shard(true));
  zarr.put_array_3("turned", R"("uint8")", "[2, 3]", "[2, 3]",
                   R"([{"name": "transpose", "configuration": {"order": [1, 0]}}, {"name": "bytes"}])");
  zarr.put("turned/c/0/0", std::string("\1\4\2\5\3\6", 6));
  const Group group = zarr.open();
  EXPECT_EQ(read_numbers<float>(group, "plain"), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(read_numbers<float>(group, "end"), (std::vector<float>{1, 2, 3, 4, 0, 0, 0}));
  EXPECT_EQ(read_numbers<float>(group, "start"), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(whole<std::uint8_t>(group, "turned"), (std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}));
}

TEST(Zarr3, ManyThreadsReadTheSameArray) {
  const ZarrFolder zarr(3);
  zarr.put_array_3("a", R"("float32")", "[4]", "[4]", sharding(""));
  zarr.put("a/c/0", shard(false));
  const Group group = zarr.open();
  const auto array = group.numbers("a");
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        std::vector<double> values(3);
        array->read(i % 2, std::span(values));
        ASSERT_EQ(values, (Reals{1.0 + i % 2, 2.0 + i % 2, 3.0 + i % 2}));
      }
    });
  }
}

TEST(Zarr3, RefusesDamagedShards) {
  const ZarrFolder zarr(3);
  const auto refuse = [&](const std::string& name, const std::string& content, const char* expected) {
    zarr.put_array_3(name, R"("float32")", "[4]", "[4]", sharding(""));
    zarr.put(name + "/c/0", content);
    SCTAB_EXPECT_THROW_WITH((void)read_numbers<float>(zarr.open(), name), core::InputError, name + "/c/0", expected,
                            "copy or download");
  };
  refuse("crc", shard(false, true), "checksum of its index");
  refuse("cut", shard(false).substr(0, 20), "cut off");
  refuse("empty", "", "cut off");
  std::string beyond = shard(false).substr(0, 16) + little_endian(1000, 8) + little_endian(8, 8) + little_endian(0, 8) +
                       little_endian(8, 8);
  beyond += little_endian(codecs::crc32c(std::as_bytes(std::span(beyond).subspan(16))), 4);
  refuse("beyond", beyond, "beyond its end");
}

TEST(Zarr, RefusesChunksOfAnotherSize) {
  const ZarrFolder zarr(2);
  zarr.put_array_2("f", R"("<f4")", "[4]", "[2]");
  zarr.put("f/0", raw<float>({1}));
  zarr.put_array_2("text", R"("|O")", "[2]", "[2]", R"(, "filters": [{"id": "vlen-utf8"}])");
  const Group group = zarr.open();
  SCTAB_EXPECT_THROW_WITH((void)read_numbers<float>(group, "f"), core::InputError, "f/0", "4 bytes in place of 8");
  for (const std::string& damaged : {std::string(), texts({"a"}), texts({"a", "b"}).substr(0, 13),
                                     little_endian(2, 4) + little_endian(0xFFFFFFFF, 4) + "abcd"}) {
    zarr.put("text/0", damaged);
    SCTAB_EXPECT_THROW_WITH((void)group.texts("text"), core::InputError, "text/0", "text");
  }
}

TEST(Zarr, KnowsWhichMissingChunksWereLost) {
  const ZarrFolder zarr(2);
  zarr.put("X/.zgroup", R"({"zarr_format": 2})");
  zarr.put("X/.zattrs", R"({"encoding-type": "csr_matrix", "shape": [2, 2]})");
  zarr.put_array_2("X/data", R"("<f4")", "[2]", "[2]");
  zarr.put_array_2("X/indices", R"("<i4")", "[2]", "[2]");
  zarr.put("codes/.zarray", R"({"zarr_format": 2, "dtype": "<f4", "shape": [2], "chunks": [2], "fill_value": null,
    "compressor": null, "order": "C", "filters": null})");
  zarr.put_array_2("text", R"("|O")", "[2]", "[2]", R"(, "filters": [{"id": "vlen-utf8"}])");
  const Group group = zarr.open();
  EXPECT_EQ(read_numbers<std::int32_t>(group, "X/indices"), (std::vector<std::int32_t>{0, 0}));
  SCTAB_EXPECT_THROW_WITH((void)read_numbers<float>(group, "X/data"), core::InputError, "X/data/0", "missing");
  SCTAB_EXPECT_THROW_WITH((void)read_numbers<float>(group, "codes"), core::InputError, "codes/0", "missing");
  SCTAB_EXPECT_THROW_WITH((void)group.texts("text"), core::InputError, "text/0", "missing");
}

TEST(Zarr, ReadsAttributes) {
  const ZarrFolder zarr(2);
  zarr.put("g/.zgroup", R"({"zarr_format": 2})");
  zarr.put("g/.zattrs", R"({"t": "text", "ts": ["a", "b"], "b": false, "is": [1, 2], "mixed": ["a", 1], "n": 1,
    "huge": [18446744073709551615]})");
  const Group group = zarr.open();
  EXPECT_EQ(group.text_attribute("g", "t"), "text");
  EXPECT_EQ(group.text_attribute("g", "n"), "");
  EXPECT_EQ(group.texts_attribute("g", "ts"), (Strings{"a", "b"}));
  EXPECT_EQ(group.texts_attribute("g", "mixed"), Strings{});
  EXPECT_EQ(group.boolean_attribute("g", "b"), false);
  EXPECT_EQ(group.boolean_attribute("g", "t"), std::nullopt);
  EXPECT_EQ(group.integers_attribute("g", "is"), (std::vector<std::int64_t>{1, 2}));
  EXPECT_TRUE(group.integers_attribute("g", "huge").empty());
  EXPECT_FALSE(group.has_attribute("g", "none"));
  EXPECT_FALSE(group.has_attribute("nowhere", "t"));
  EXPECT_FALSE(group.exists("nowhere"));
  EXPECT_EQ(group.place("g").key, "g");
}

}  // namespace
}  // namespace sctab::zarr
