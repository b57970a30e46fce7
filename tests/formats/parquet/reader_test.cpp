#include "sctab/formats/parquet/parquet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <thread>

#include "formats/parquet/sql.hpp"
#include "sctab/core/error.hpp"
#include "support/fixtures.hpp"

namespace sctab::parquet {
namespace {

using core::InputError;
using sctab::tests::read_bytes;
using sctab::tests::run_sql;
using sctab::tests::write_bytes;

/// 5,000 rows: number i, whether it is odd, a text, and i % 4 floats from i / 2 on.
constexpr const char* kRows =
    "SELECT i AS number, i % 2 = 1 AS odd, 'text ' || i AS name, "
    "[(i / 2 + j)::FLOAT FOR j IN range(i % 4)]::FLOAT[] AS floats FROM range(5000) t(i)";

class ParquetReader : public testing::Test {
 protected:
  void SetUp() override { SCTAB_NEED_DUCKDB(); }
  std::filesystem::path write(const std::string& name, const std::string& select) {
    std::string text = (folder_ / name).string(), escaped;
    for (const char c : text) escaped += c == '\'' ? "''" : std::string(1, c);
    run_sql(
        fmt::format("COPY ({}) TO '{}' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 2048)", select, escaped));
    return folder_ / name;
  }
  static std::vector<Column> columns() {
    return {{"floats", Type::kFloats}, {"number", Type::kInt64}, {"odd", Type::kBool}, {"name", Type::kText}};
  }
  static void expect_all_rows(const std::filesystem::path& file) {
    Reader reader(file, columns());
    EXPECT_EQ(reader.n_rows(), 5000);
    std::int64_t i = 0;
    while (const Rows* rows = reader.next()) {
      EXPECT_LE(rows->size(), 2048);
      for (std::int64_t row = 0; row < rows->size(); ++row, ++i) {
        const auto at = static_cast<std::size_t>(row);
        ASSERT_EQ(rows->integers(1)[at], i);
        ASSERT_EQ(rows->booleans(2)[at], i % 2 == 1);
        ASSERT_EQ(rows->text(3, row), fmt::format("text {}", i));
        const auto floats = rows->floats(0, row);
        ASSERT_EQ(std::ssize(floats), i % 4);
        for (std::size_t j = 0; j < floats.size(); ++j) {
          ASSERT_EQ(floats[j], static_cast<float>(static_cast<double>(i) / 2 + static_cast<double>(j)));
        }
      }
    }
    EXPECT_EQ(i, 5000);
  }

  sctab::tests::TemporaryFolder folder_;
};

TEST_F(ParquetReader, ReadsEveryRowInOrder) {
  expect_all_rows(write("a.parquet", kRows));
}

TEST_F(ParquetReader, SeveralAtOnce) {
  const auto file = write("a.parquet", kRows);
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&file] { expect_all_rows(file); });
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ParquetReader, NoCharacterOfAPathIsAPattern) {
  (void)write("part.1.parquet", kRows);
  std::filesystem::create_directories(folder_ / "year=2023");
  for (const char* name : {"part.[1].parquet", "part.*.parquet", "it's ?.parquet", "year=2023/a.parquet"}) {
    expect_all_rows(write(std::string("") + name, kRows));
    EXPECT_EQ(read_columns(folder_ / name).size(), 4U) << name;
  }
}

TEST_F(ParquetReader, ColumnsThatAreMissingOrOfAnotherTypeAreNamed) {
  const auto file = write("a.parquet", "SELECT 1::INTEGER AS small, [1.5]::DOUBLE[] AS doubles, 'a' AS text");
  SCTAB_EXPECT_THROW_WITH(Reader(file, {{"large", Type::kInt64}}), InputError, "a.parquet", "has no column large",
                          "small, doubles, text");
  SCTAB_EXPECT_THROW_WITH(Reader(file, {{"small", Type::kInt64}}), InputError, "a.parquet",
                          "column small: is of type INTEGER; expected BIGINT");
  SCTAB_EXPECT_THROW_WITH(Reader(file, {{"doubles", Type::kFloats}}), InputError, "a.parquet",
                          "column doubles: is of type DOUBLE[]; expected FLOAT[] (list of float32)");
  SCTAB_EXPECT_THROW_WITH(Reader(file, {{"text", Type::kBool}}), InputError, "a.parquet", "VARCHAR", "BOOLEAN");
}

TEST_F(ParquetReader, MissingValuesAreNamedWithTheirRow) {
  const auto expect_refused = [this](const std::string& select, Type type) {
    const auto file = write("a.parquet", select);
    const auto read = [&file, type] {
      Reader reader(file, {{"c", type}});
      while (reader.next() != nullptr) continue;
    };
    SCTAB_EXPECT_THROW_WITH(read(), InputError, "a.parquet", "row 3000", "column c");
  };
  expect_refused("SELECT CASE WHEN i = 3000 THEN NULL ELSE i END AS c FROM range(5000) t(i)", Type::kInt64);
  expect_refused("SELECT CASE WHEN i = 3000 THEN NULL ELSE [i::FLOAT] END AS c FROM range(5000) t(i)", Type::kFloats);
  expect_refused("SELECT [1::FLOAT, CASE WHEN i = 3000 THEN NULL ELSE 2 END]::FLOAT[] AS c FROM range(5000) t(i)",
                 Type::kFloats);
}

TEST_F(ParquetReader, DamagedFilesAreRefused) {
  const std::string whole = read_bytes(write("whole.parquet", kRows));
  const auto file = folder_ / "a.parquet";
  const auto expect_refused = [&](const std::string& bytes) {
    write_bytes(file, bytes);
    const auto read = [&file] {
      Reader reader(file, columns());
      while (reader.next() != nullptr) continue;
    };
    SCTAB_EXPECT_THROW_WITH(read(), InputError, "a.parquet", "cannot be read as Parquet");
  };
  expect_refused("");
  expect_refused("PAR1");
  expect_refused("a text file");
  expect_refused(whole.substr(0, whole.size() / 2));
  expect_refused(whole.substr(0, whole.size() - 1));
  std::string changed = whole;
  for (std::size_t i = whole.size() - 200; i < whole.size() - 8; ++i) changed[i] = '\x7F';  // in the footer
  expect_refused(changed);
  SCTAB_EXPECT_THROW_WITH(Reader(folder_ / "none.parquet", {}), InputError, "none.parquet", "no such file");
}

TEST_F(ParquetReader, RowsAreCountedWithoutReadingThem) {
  const auto file = write("a.parquet", kRows);
  std::string bytes = read_bytes(file);
  std::fill(bytes.begin() + 4, bytes.begin() + std::ssize(bytes) / 2, '\xFF');  // pages, not the footer
  write_bytes(file, bytes);
  Reader reader(file, columns());
  EXPECT_EQ(reader.n_rows(), 5000);
  EXPECT_THROW((void)reader.next(), InputError);
}

TEST_F(ParquetReader, TheEndOfAFileAloneTellsItsRows) {
  const std::string whole = read_bytes(write("a.parquet", kRows));
  std::uint32_t footer_bytes = 0;
  std::memcpy(&footer_bytes, whole.data() + whole.size() - 8, sizeof(footer_bytes));
  const auto file = folder_ / "it's [_metadata]";
  write_bytes(file, "PAR1" + whole.substr(whole.size() - 8 - footer_bytes));
  EXPECT_EQ(rows_in_footer(file), 5000);
  write_bytes(file, "PAR1 is how it begins");
  SCTAB_EXPECT_THROW_WITH(rows_in_footer(file), InputError, "_metadata", "cannot be read as Parquet");
}

TEST_F(ParquetReader, SmallTablesAsText) {
  const auto file =
      write("a.parquet", "SELECT * FROM (VALUES ('B cell', 0::BIGINT), (NULL, 1)) t(label, __index_level_0__)");
  const core::CsvTable table = read_table(file);
  EXPECT_EQ(table.header, (std::vector<std::string>{"label", "__index_level_0__"}));
  EXPECT_EQ(table.rows, (std::vector<std::vector<std::string>>{{"B cell", "0"}, {"", "1"}}));
  SCTAB_EXPECT_THROW_WITH(read_table(file, 1), InputError, "a.parquet", "has 2 rows", "at most 1");
  EXPECT_TRUE(is_parquet(file));
  write_bytes(folder_ / "a.csv", "label\nB cell\n");
  EXPECT_FALSE(is_parquet(folder_ / "a.csv"));
  EXPECT_FALSE(is_parquet(folder_ / "none"));
}

TEST_F(ParquetReader, TheFeatureListOfThePaper) {
  SCTAB_NEED_SHARED(file, "data/genes/sctab_features.parquet");
  EXPECT_EQ(read_table(file).rows.size(), 19'357U);
}

TEST(ParquetReaderAbsent, SaysWhatIsMissing) {
  if (is_available()) GTEST_SKIP() << "DuckDB is there";
  const sctab::tests::TemporaryFolder folder;
  write_bytes(folder / "var.parquet", "PAR1");
  SCTAB_EXPECT_THROW_WITH(read_table(folder / "var.parquet"), InputError, "var.parquet", "DuckDB",
                          "tools/install-dependencies.sh");
  SCTAB_EXPECT_THROW_WITH(write_table(folder / "out.parquet", {}, 0), InputError, "out.parquet", "DuckDB");
}

}  // namespace
}  // namespace sctab::parquet
