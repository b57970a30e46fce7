#include "sctab/core/json_file.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/fixtures.hpp"

namespace sctab::core {
namespace {

using nlohmann::json;

TEST(JsonFile, ReadsWhatItWrote) {
  const tests::TemporaryFolder folder;
  const json value = {{"cells", 3}, {"labels", {"T cell", "B cell"}}};
  write_json(folder / "a.json", value);
  EXPECT_EQ(read_json(folder / "a.json"), value);
}

TEST(JsonNumber, IsNullForNaN) {
  EXPECT_EQ(json_number(0.25).dump(), "0.25");
  EXPECT_EQ(json_number(std::nan("")).dump(), "null");
}

TEST(ParseJson, RefusesDepthsThatWouldExhaustTheStack) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_NO_THROW((void)parse_json(nested(100), {}));
  EXPECT_NO_THROW((void)parse_json(R"({"[[[\\\"[": ")" + std::string(200, '{') + R"("})", {}));
  SCTAB_EXPECT_THROW_WITH((void)parse_json(nested(101), {.file = "a.json"}), InputError, "a.json",
                          "more than 100 deep");
  SCTAB_EXPECT_THROW_WITH((void)parse_json(std::string(2'000'000, '['), {}), InputError, "more than 100 deep");
}

TEST(JsonFile, NamesTheFileThatIsMissingOrDamaged) {
  const tests::TemporaryFolder folder;
  SCTAB_EXPECT_THROW_WITH(read_json(folder / "none.json"), InputError, "none.json", "no such file");
  std::ofstream(folder / "cut.json") << "{\"cells\": [1, 2";
  SCTAB_EXPECT_THROW_WITH(read_json(folder / "cut.json"), InputError, "cut.json", "byte");
  std::ofstream(folder / "huge.json") << "{\"cells\": 1e999}";
  SCTAB_EXPECT_THROW_WITH(read_json(folder / "huge.json"), InputError, "huge.json", "too large");
}

constexpr const char* kFields = R"({
    "name": "tabnet", "n_d": 128, "rate": 0.5, "whole": 3, "on": true, "off": false, "nothing": null,
    "large": 18446744073709551615, "negative": -9223372036854775808,
    "texts": ["a", "b"], "numbers": [1, 2.5], "mixed": [1, "b"], "none": [],
    "tabnet": {"n_steps": 5, "mask": {"type": "entmax"}},
    "members": [{"n_d": 8}, {"n_d": "x"}], "scalars": [{"n_d": 8}, 7]})";

class Fields : public testing::Test {
 protected:
  [[nodiscard]] JsonFields fields() const { return {json_, {.file = "c.json", .next_step = "copy it again"}}; }

  json json_ = json::parse(kFields);
};

TEST_F(Fields, AreReadByType) {
  EXPECT_EQ(fields().get<std::string>("name"), "tabnet");
  EXPECT_EQ(fields().get<std::int64_t>("n_d"), 128);
  EXPECT_EQ(fields().get<std::int32_t>("n_d"), 128);
  EXPECT_EQ(fields().get<double>("rate"), 0.5);
  EXPECT_EQ(fields().get<double>("whole"), 3.0);
  EXPECT_TRUE(fields().get<bool>("on"));
  EXPECT_FALSE(fields().get<bool>("off"));
  EXPECT_EQ(fields().get<std::uint64_t>("large"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(fields().get<std::int64_t>("negative"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(fields().get<std::vector<std::string>>("texts"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(fields().get<std::vector<double>>("numbers"), (std::vector<double>{1, 2.5}));
  EXPECT_TRUE(fields().get<std::vector<std::int64_t>>("none").empty());
  EXPECT_EQ(fields().value("texts"), json({"a", "b"}));
  EXPECT_EQ(fields().object("tabnet").keys(), (std::vector<std::string>{"mask", "n_steps"}));
}

TEST_F(Fields, ThatAreMissingAreNamed) {
  SCTAB_EXPECT_THROW_WITH((void)fields().get<std::string>("kind"), InputError,
                          "c.json: kind: is missing; expected a text; copy it again");
  SCTAB_EXPECT_THROW_WITH((void)fields().get<double>("nothing"), InputError, "nothing: is missing", "a number");
  SCTAB_EXPECT_THROW_WITH((void)fields().get<std::int64_t>("kind", 1, 5), InputError, "is missing; expected 1 to 5");
  SCTAB_EXPECT_THROW_WITH((void)fields().value("kind"), InputError, "kind: is missing");
  SCTAB_EXPECT_THROW_WITH((void)fields().object("kind"), InputError, "kind: is missing; expected an object");
  SCTAB_EXPECT_THROW_WITH((void)fields().objects("kind"), InputError, "kind: is missing; expected an array of objects");
}

TEST_F(Fields, ThatAreOptionalMayBeMissingAndNothingElse) {
  EXPECT_EQ(fields().find<std::int64_t>("n_levels"), std::nullopt);
  EXPECT_EQ(fields().find<std::int64_t>("nothing"), std::nullopt);
  EXPECT_EQ(fields().find<std::int64_t>("n_d"), 128);
  SCTAB_EXPECT_THROW_WITH((void)fields().find<std::int64_t>("name"), InputError, "name: \"tabnet\"", "a whole number");
}

TEST_F(Fields, OfAnotherTypeAreShown) {
  SCTAB_EXPECT_THROW_WITH((void)fields().get<std::string>("n_d"), InputError, "n_d: 128; expected a text");
  SCTAB_EXPECT_THROW_WITH((void)fields().get<std::int64_t>("rate"), InputError, "rate: 0.5; expected a whole number");
  SCTAB_EXPECT_THROW_WITH((void)fields().get<std::int64_t>("on"), InputError, "on: true; expected a whole number");
  SCTAB_EXPECT_THROW_WITH((void)fields().get<double>("name"), InputError, "name: \"tabnet\"; expected a number");
  SCTAB_EXPECT_THROW_WITH((void)fields().get<bool>("n_d"), InputError, "expected true or false");
  SCTAB_EXPECT_THROW_WITH((void)fields().get<std::vector<std::string>>("name"), InputError, "name",
                          "expected an array");
  SCTAB_EXPECT_THROW_WITH((void)fields().get<std::vector<std::string>>("mixed"), InputError, "mixed[0]: 1", "a text");
  SCTAB_EXPECT_THROW_WITH((void)fields().get<std::vector<double>>("mixed"), InputError, "mixed[1]: \"b\"", "a number");
  json_["long"] = std::string(100, 'a');
  SCTAB_EXPECT_THROW_WITH((void)fields().get<double>("long"), InputError, "aaa...; expected");
}

TEST_F(Fields, OutOfRangeAreRefusedAtBothEnds) {
  EXPECT_EQ(fields().get<std::int64_t>("n_d", 128, 128), 128);
  SCTAB_EXPECT_THROW_WITH((void)fields().get<std::int64_t>("n_d", 129, 200), InputError,
                          "n_d: 128; expected 129 to 200");
  SCTAB_EXPECT_THROW_WITH((void)fields().get<std::int64_t>("n_d", 1, 127), InputError, "n_d: 128; expected 1 to 127");
  EXPECT_EQ(fields().get<double>("rate", 0.5, 0.5), 0.5);
  SCTAB_EXPECT_THROW_WITH((void)fields().get<double>("rate", 0, 0.4), InputError, "rate: 0.5; expected 0 to 0.4");
  SCTAB_EXPECT_THROW_WITH((void)fields().get<std::int64_t>("large"), InputError, "large: 18446744073709551615");
  SCTAB_EXPECT_THROW_WITH((void)fields().get<std::uint64_t>("negative"), InputError, "negative: -92233720368547758");
  json_["n_d"] = std::int64_t{1} << 31U;
  SCTAB_EXPECT_THROW_WITH((void)fields().get<std::int32_t>("n_d"), InputError,
                          "n_d: 2147483648; expected -2147483648 to");
}

TEST_F(Fields, NumbersThatAreNotFiniteAreRefused) {
  json_["rate"] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW((void)fields().get<double>("rate"), InputError);
  EXPECT_THROW((void)fields().get<double>("rate", 0, 1), InputError);
  json_["rate"] = std::numeric_limits<double>::infinity();
  EXPECT_THROW((void)fields().get<double>("rate"), InputError);
}

TEST_F(Fields, OfNestedObjectsAreNamedByTheirWholePath) {
  EXPECT_EQ(fields().object("tabnet").object("mask").get<std::string>("type"), "entmax");
  SCTAB_EXPECT_THROW_WITH((void)fields().object("tabnet").object("mask").get<double>("type"), InputError,
                          "c.json: tabnet.mask.type: \"entmax\"");
  SCTAB_EXPECT_THROW_WITH((void)fields().object("name"), InputError, "name: \"tabnet\"; expected an object");
  const auto members = fields().objects("members");
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(members[0].get<std::int64_t>("n_d"), 8);
  SCTAB_EXPECT_THROW_WITH((void)members[1].get<std::int64_t>("n_d"), InputError, "members[1].n_d: \"x\"");
  SCTAB_EXPECT_THROW_WITH((void)fields().objects("scalars"), InputError, "scalars[1]: 7; expected an object");
  SCTAB_EXPECT_THROW_WITH((void)fields().objects("tabnet"), InputError, "expected an array of objects");
}

TEST_F(Fields, ACallerRefusesAValueInTheSameForm) {
  EXPECT_STREQ(fields().object("tabnet").error("n_steps", "an even number").what(),
               "c.json: tabnet.n_steps: 5; expected an even number; copy it again");
  EXPECT_STREQ(fields().error("name", "mlp", "an unknown kind").what(),
               "c.json: name: an unknown kind; expected mlp; copy it again");
}

TEST(JsonFields, WantsAnObject) {
  const json array = json::array(), null;
  SCTAB_EXPECT_THROW_WITH(JsonFields(array, {.file = "c.json"}), InputError, "c.json: []; expected an object");
  SCTAB_EXPECT_THROW_WITH(JsonFields(null, {.file = "c.json"}), InputError, "c.json: null; expected an object");
}

}  // namespace
}  // namespace sctab::core
