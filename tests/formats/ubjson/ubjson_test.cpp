#include "sctab/formats/ubjson/ubjson.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"
#include "support/ubjson_writer.hpp"

namespace sctab::ubjson {
namespace {

using namespace std::string_literals;

std::vector<std::uint8_t> bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

/// Keeps the bytes that it reads. Most are text literals with a zero in them: "…"s.
struct Source {
  explicit Source(std::string_view text) : bytes(bytes_of(text)) {}
  Reader reader() const { return Reader(bytes, {.file = "trees.ubj"}); }
  std::vector<std::uint8_t> bytes;
};

template <typename Number>
std::vector<Number> numbers_of(std::string_view text) {
  const Source source(text);
  Reader reader = source.reader();
  std::vector<Number> found = reader.numbers<Number>();
  reader.expect_end();
  return found;
}

void skip_all(std::string_view text) {
  const Source source(text);
  Reader reader = source.reader();
  reader.skip();
  reader.expect_end();
}

TEST(Ubjson, ReadsNumbersOfEveryType) {
  using Ints = std::vector<std::int32_t>;
  EXPECT_EQ(numbers_of<std::int32_t>("[$i#i\x02\xff\x7f"s), (Ints{-1, 127}));
  EXPECT_EQ(numbers_of<std::int32_t>("[$U#U\x01\xff"s), Ints{255});
  EXPECT_EQ(numbers_of<std::int32_t>("[$I#I\x00\x01\xff\xfe"s), Ints{-2});
  EXPECT_EQ(numbers_of<std::int32_t>("[$l#l\x00\x00\x00\x01\x80\x00\x00\x00"s), Ints{INT32_MIN});
  EXPECT_EQ(numbers_of<std::int32_t>("[$L#L\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x7f\xff\xff\xff"s),
            Ints{INT32_MAX});
  EXPECT_EQ(numbers_of<std::int32_t>("[$d#i\x01\x40\x40\x00\x00"s), Ints{3});
  EXPECT_EQ(numbers_of<std::int32_t>("[#i\x02i\x05U\x06"s), (Ints{5, 6}));
  EXPECT_EQ(numbers_of<std::int32_t>("[i\x05l\x00\x00\x01\x00]"s), (Ints{5, 256}));
  EXPECT_EQ(numbers_of<std::int32_t>("[]"s), Ints{});
  EXPECT_EQ(numbers_of<float>("[$d#i\x01\xbf\x00\x00\x00"s), std::vector<float>{-0.5F});
  EXPECT_EQ(numbers_of<float>("[$D#i\x01\x3f\xd0\x00\x00\x00\x00\x00\x00"s), std::vector<float>{0.25F});
  EXPECT_EQ(numbers_of<float>("[i\x05]"s), std::vector<float>{5.0F});
}

TEST(Ubjson, RefusesNumbersThatDoNotFit) {
  for (const std::string& text : {"[$L#i\x01\x00\x00\x00\x00\x80\x00\x00\x00"s,  // 2^31
                                  "[$d#i\x01\x3f\x00\x00\x00"s,                  // 0.5
                                  "[$d#i\x01\x7f\xc0\x00\x00"s,                  // NaN
                                  "[$d#i\x01\x4f\x00\x00\x00"s,                  // 2^31
                                  "[$D#i\x01\x7f\xf0\x00\x00\x00\x00\x00\x00"s}) {
    SCTAB_EXPECT_THROW_WITH(numbers_of<std::int32_t>(text), core::InputError, "number 0", "whole number");
  }
}

TEST(Ubjson, WalksObjectsAndSkipsTheRest) {
  const nlohmann::json value = {{"a", {{"x", {1.5, 2.5}}, {"y", nullptr}}},
                                {"b", {nlohmann::json{{"name", "first"}}, nlohmann::json{{"name", "second"}}}},
                                {"c", true}};
  const std::vector<std::uint8_t> bytes = tests::UbjsonWriter::bytes_of(value);
  Reader reader(bytes, {});
  std::string keys, names;
  reader.object([&](std::string_view key) {
    keys += key;
    if (key != "b") return reader.skip();
    reader.array([&](std::size_t i) {
      reader.object([&](std::string_view) { names += std::to_string(i) + std::string(reader.text()); });
    });
  });
  reader.expect_end();
  EXPECT_EQ(keys, "abc");
  EXPECT_EQ(names, "0first1second");
}

TEST(Ubjson, SkipsEveryKindOfValue) {
  for (const std::string& text :
       {"Z"s, "T"s, "F"s, "i\x01"s, "U\x01"s, "Cx"s, "I\x01\x01"s, "l1234"s, "d1234"s, "L12345678"s, "D12345678"s,
        "Si\x02xy"s, "Hi\x02xy"s, "[]"s, "{}"s, "[[ZT]{i\x01kF}]"s, "[$C#i\x02xy"s, "[$D#i\x00"s}) {
    EXPECT_NO_THROW(skip_all(text)) << text;
  }
  for (const std::string& text : {""s, "N"s, "x"s, "{Z"s, "[Z"s, "ZZ"s, "{i\x01k}"s, "Sx"s, "Sd1234"s, "[$"s, "[$d"s,
                                  "[$d#"s, "[$dx"s, "[$Z#i\x01"s, "[$[#i\x01"s, "[$S#i\x01"s, "{$i#i\x01"s}) {
    EXPECT_THROW(skip_all(text), core::InputError) << text;
  }
}

TEST(Ubjson, NamesThePlaceOfWhatItRefuses) {
  const Source source("{i\x04tree[#i\x02{}{i\x04name[$i#i\x01\x02"s);
  Reader reader = source.reader();
  const auto read = [&] {
    reader.object([&](std::string_view) {
      reader.array([&](std::size_t) { reader.object([&](std::string_view) { reader.text(); }); });
    });
  };
  SCTAB_EXPECT_THROW_WITH(read(), core::InputError, "trees.ubj: tree[1].name: ", "expected text");
}

TEST(Ubjson, ShowsNoControlCharactersOfForeignKeys) {
  const std::string key = "\x1b[31m" + std::string(100, 'k');
  SCTAB_EXPECT_THROW_WITH(skip_all("{U" + std::string(1, static_cast<char>(key.size())) + key + "x"), core::InputError,
                          "?[31mkkk", "k…: ");
}

TEST(Ubjson, LimitsTheDepth) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_NO_THROW(skip_all(nested(Reader::kMaxDepth + 1)));
  EXPECT_THROW(skip_all(nested(Reader::kMaxDepth + 2)), core::InputError);
  EXPECT_THROW(skip_all(std::string(10'000'000, '[')), core::InputError);
  std::string objects;
  for (int i = 0; i < 1'000'000; ++i) objects += "{i\x01k";
  EXPECT_THROW(skip_all(objects), core::InputError);
}

TEST(Ubjson, AllocatesNothingForLengthsThatTheBytesCannotHold) {
  const std::string huge = "L\x7f\xff\xff\xff\xff\xff\xff\xff"s, negative = "L\xff\xff\xff\xff\xff\xff\xff\xff"s;
  for (const std::string& length : {huge, negative}) {
    for (const std::string& start : {"[#"s, "[$d#"s, "[$D#"s, "[$U#"s}) {
      EXPECT_THROW(numbers_of<float>(start + length), core::InputError) << start;
      EXPECT_THROW(numbers_of<float>(start + length + "12345678"), core::InputError) << start;
      EXPECT_THROW(skip_all(start + length + "12345678"), core::InputError) << start;
    }
    EXPECT_THROW(skip_all("S" + length), core::InputError);
    EXPECT_THROW(skip_all("{" + length + "k"), core::InputError);
  }
}

}  // namespace
}  // namespace sctab::ubjson
