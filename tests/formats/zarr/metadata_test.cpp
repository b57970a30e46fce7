#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "formats/zarr/zarr_folder.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/formats/zarr/array_header.hpp"

namespace sctab::zarr {
namespace {

using nlohmann::json;

const json kMetadata2 = json::parse(R"({"zarr_format": 2, "dtype": "<f4", "shape": [4, 4], "chunks": [2, 2],
  "fill_value": 0.0, "order": "C", "filters": null, "compressor": {"id": "zstd", "level": 1}})");
const json kMetadata3 = json::parse(R"({"zarr_format": 3, "node_type": "array", "data_type": "float32",
  "shape": [4, 4], "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4, 4]}},
  "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "fill_value": 0.0,
  "codecs": [{"name": "sharding_indexed", "configuration": {"chunk_shape": [2, 2], "index_location": "end",
    "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "zstd"}],
    "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]}}],
  "attributes": {}, "storage_transformers": []})");

const core::Problem kPlace{.file = "x.zarr", .key = "X/meta"};

/// What a field is replaced by, and what is said of it.
struct Wrong {
  const char* pointer;
  const char* value;
  const char* expected;
};

void refuse(const json& good, ArrayHeader (*parse)(const json&, const core::Problem&), const Wrong& wrong) {
  SCOPED_TRACE(std::string(wrong.pointer) + " " + wrong.value);
  json metadata = good;
  metadata[json::json_pointer(wrong.pointer)] = json::parse(wrong.value);
  SCTAB_EXPECT_THROW_WITH((void)parse(metadata, kPlace), core::InputError, "x.zarr: X/meta.", wrong.expected);
}

TEST(ArrayHeader2, NamesTheFieldThatIsWrong) {
  EXPECT_NO_THROW((void)parse_header_2(kMetadata2, kPlace));
  for (const Wrong& wrong : {Wrong{"/zarr_format", "3", "zarr_format"},
                             {"/shape", "[4]", "chunks"},
                             {"/shape", "4", "shape"},
                             {"/shape", "[-1, 4]", "shape"},
                             {"/shape", "[4611686018427387904, 4]", "shape"},
                             {"/shape", "[18446744073709551615, 4]", "shape"},
                             {"/chunks", "[0, 2]", "chunks"},
                             {"/chunks", "null", "chunks"},
                             {"/order", "\"A\"", "order"},
                             {"/fill_value", "\"x\"", "fill_value"},
                             {"/dimension_separator", "\":\"", "dimension_separator"},
                             {"/compressor", "{\"id\": \"lzma\"}", "the compressor lzma is not known"},
                             {"/compressor", "{}", "id"},
                             {"/compressor", "3", "compressor"},
                             {"/filters", "[{\"id\": \"delta\"}]", "the filter delta is not known"},
                             {"/filters", "3", "filters"}}) {
    refuse(kMetadata2, parse_header_2, wrong);
  }
  for (const auto& [field, value] : kMetadata2.items()) {
    json metadata = kMetadata2;
    metadata.erase(field);
    try {
      (void)parse_header_2(metadata, kPlace);  // some may be missing
    } catch (const core::InputError& error) {
      EXPECT_EQ(error.problem().key, "X/meta." + field);
    }
  }
}

TEST(ArrayHeader3, NamesTheFieldThatIsWrong) {
  EXPECT_NO_THROW((void)parse_header_3(kMetadata3, kPlace));
  const std::string shard = "/codecs/0/configuration";
  for (const Wrong& wrong : {Wrong{"/zarr_format", "2", "zarr_format"},
                             {"/shape", "[4]", "chunk_shape"},
                             {"/chunk_grid", "{\"name\": \"rectilinear\", \"configuration\": {}}", "rectilinear"},
                             {"/chunk_grid", "{}", "chunk_grid.name"},
                             {"/chunk_key_encoding/name", "\"fancy\"", "fancy"},
                             {"/chunk_key_encoding/configuration/separator", "\"\"", "separator"},
                             {"/codecs", "[]", "codecs"},
                             {"/codecs", "{}", "codecs"},
                             {"/codecs", "[{\"name\": \"zstd\"}]", "zstd"},
                             {"/codecs", "[{\"name\": \"bytes\"}, {\"name\": \"packbits\"}]", "packbits"},
                             {"/codecs", "[{\"name\": \"vlen-utf8\"}]", "numbers"},
                             {"/codecs/1", "{\"name\": \"zstd\"}", "zstd"},
                             {"/codecs/0/configuration/chunk_shape", "[3, 2]", "multiples"},
                             {"/codecs/0/configuration/index_location", "\"middle\"", "index_location"},
                             {"/codecs/0/configuration/index_codecs", "[{\"name\": \"zstd\"}]", "index"},
                             {"/codecs/0/configuration/codecs/0/configuration/endian", "\"middle\"", "endian"},
                             {"/fill_value", "\"x\"", "fill_value"},
                             {"/extra", "{\"name\": \"x\"}", "extra"},
                             {"/storage_transformers", "[{\"name\": \"x\"}]", "storage_transformers"}}) {
    refuse(kMetadata3, parse_header_3, wrong);
  }
  json nested = kMetadata3;
  nested[json::json_pointer(shard + "/codecs")] = kMetadata3["codecs"];
  SCTAB_EXPECT_THROW_WITH((void)parse_header_3(nested, kPlace), core::InputError, "shards within shards");
  json optional = kMetadata3;
  optional["extra"] = {{"name", "x"}, {"must_understand", false}};
  EXPECT_NO_THROW((void)parse_header_3(optional, kPlace));
}

TEST(ArrayHeader3, ReadsFillValuesInAllForms) {
  const auto fill = [](const char* type, const char* value) {
    json metadata = kMetadata3;
    metadata["data_type"] = type;
    metadata["fill_value"] = json::parse(value);
    const auto bytes = parse_header_3(metadata, kPlace).fill_number;
    if (!bytes) return -1.0;
    if (bytes->size() == sizeof(double)) return *reinterpret_cast<const double*>(bytes->data());
    return double{*reinterpret_cast<const float*>(bytes->data())};
  };
  EXPECT_TRUE(std::isnan(fill("float32", R"("NaN")")));
  EXPECT_TRUE(std::isinf(fill("float64", R"("-Infinity")")));
  EXPECT_EQ(fill("float32", R"("0x3f800000")"), 1);
  EXPECT_EQ(fill("float64", "2.5"), 2.5);
}

TEST(Hierarchy, RefusesWhatIsNoZarr) {
  const auto refuse_top = [](const char* key, const char* content, const char* expected) {
    const tests::TemporaryFolder folder;
    tests::write_bytes(folder / key, content);
    SCTAB_EXPECT_THROW_WITH(Hierarchy(open_storage(folder.path(), false)), core::InputError, key, expected);
  };
  refuse_top("zarr.json", "{", "is not JSON");
  refuse_top("zarr.json", "[]", "object");
  refuse_top("zarr.json", R"({"zarr_format": 3})", "node_type");
  refuse_top("zarr.json", R"({"zarr_format": 3, "node_type": "table"})", "node_type");
  refuse_top("zarr.json", R"({"zarr_format": 4, "node_type": "group"})", "zarr_format");
  refuse_top("zarr.json", R"({"zarr_format": 3, "node_type": "array"})", "array by itself");
  const tests::TemporaryFolder empty;
  SCTAB_EXPECT_THROW_WITH(Hierarchy(open_storage(empty.path(), false)), core::InputError, ".zgroup", "not a zarr");
}

TEST(Hierarchy, RefusesSizesBeyondMemory) {
  core::set_memory_budget(1'000'000);
  const ZarrFolder zarr(3);
  zarr.put_array_3("chunk", R"("float32")", "[1000000000]", "[1000000000]", kBytesCodec);
  zarr.put_array_3("text", R"("string")", "[1000000000]", "[1]", R"([{"name": "vlen-utf8"}])");
  zarr.put_array_3("shards", R"("float32")", "[1000000000]", "[1000000000]",
                   std::string(R"([{"name": "sharding_indexed", "configuration": {"chunk_shape": [1], "codecs": )") +
                       kBytesCodec + R"(, "index_codecs": [{"name": "bytes"}]}}])");
  const Group group = zarr.open();
  SCTAB_EXPECT_THROW_WITH((void)group.numbers("chunk"), core::InputError, "chunk", "1,000,000,000 elements");
  SCTAB_EXPECT_THROW_WITH((void)group.numbers("shards"), core::InputError, "shards", "very many chunks");
  SCTAB_EXPECT_THROW_WITH((void)group.texts("text"), core::InputError, "text", "1,000,000,000 texts");
  core::set_memory_budget(0);
}

}  // namespace
}  // namespace sctab::zarr
