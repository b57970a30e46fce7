#include "sctab/core/json_file.hpp"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::core {
namespace {

TEST(JsonFile, ReadsWhatItWrote) {
  const tests::TemporaryFolder folder;
  const nlohmann::json value = {{"cells", 3}, {"labels", {"T cell", "B cell"}}};
  write_json(folder / "a.json", value);
  EXPECT_EQ(read_json(folder / "a.json"), value);
}

TEST(JsonNumber, IsNullForNaN) {
  EXPECT_EQ(json_number(0.25).dump(), "0.25");
  EXPECT_EQ(json_number(std::nan("")).dump(), "null");
}

TEST(JsonFile, NamesTheFileThatIsMissingOrDamaged) {
  const tests::TemporaryFolder folder;
  SCTAB_EXPECT_THROW_WITH(read_json(folder / "none.json"), InputError, "none.json", "no such file");
  std::ofstream(folder / "cut.json") << "{\"cells\": [1, 2";
  SCTAB_EXPECT_THROW_WITH(read_json(folder / "cut.json"), InputError, "cut.json", "byte");
  std::ofstream(folder / "huge.json") << "{\"cells\": 1e999}";
  SCTAB_EXPECT_THROW_WITH(read_json(folder / "huge.json"), InputError, "huge.json", "too large");
}

}  // namespace
}  // namespace sctab::core
