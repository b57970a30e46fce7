// HDF5 files as trees of arrays.
#include "sctab/formats/hdf5/group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/hdf5/opened_file.hpp"
#include "support/fixtures.hpp"
#include "support/python.hpp"

namespace sctab::hdf5::tests {
namespace {

using arrays::Block;
using arrays::Number;
using testing::ElementsAre;
using testing::IsEmpty;
using Kind = arrays::ArrayInfo::Kind;

class GroupTest : public testing::Test {
 protected:
  void SetUp() override {
    SCTAB_NEED_PYTHON_ANNDATA();
    const auto made = sctab::tests::run_python("formats/hdf5/group_files.py", path_.string());
    ASSERT_EQ(made.status, 0) << made.output;
    root_ = OpenedFile(path_, false).root();  // outlives the file
  }

  sctab::tests::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "all.h5";
  std::unique_ptr<arrays::ArrayGroup> root_;
};

TEST_F(GroupTest, ShowsWhatThereIs) {
  EXPECT_TRUE(root_->is_group(""));
  EXPECT_TRUE(root_->is_group("deep/er"));
  EXPECT_TRUE(root_->is_group("soft"));
  EXPECT_TRUE(root_->is_array("soft/list"));
  EXPECT_FALSE(root_->exists("nowhere"));
  EXPECT_FALSE(root_->exists("deep/nowhere/list"));
  EXPECT_FALSE(root_->is_group("list"));
  EXPECT_THAT(root_->members("deep"), ElementsAre("er"));
  EXPECT_THAT(root_->group("deep/er")->members(""), ElementsAre("list"));
  EXPECT_EQ(root_->place("deep/er").key, "deep/er");
  EXPECT_EQ(root_->group("deep")->place("er/list").key, "deep/er/list");
  EXPECT_EQ(root_->place("").file, path_.string());
  SCTAB_EXPECT_THROW_WITH((void)root_->members("list"), core::InputError, path_.c_str(), "list");
}

TEST_F(GroupTest, Attributes) {
  EXPECT_TRUE(root_->has_attribute("", "name"));
  EXPECT_EQ(root_->text_attribute("", "name"), "everything");
  EXPECT_THAT(root_->texts_attribute("", "names"), ElementsAre("b", "a"));
  EXPECT_EQ(root_->boolean_attribute("", "flag"), true);
  EXPECT_THAT(root_->integers_attribute("", "shape"), ElementsAre(5, 7));
  EXPECT_EQ(root_->text_attribute("deep/er", "kind"), "inner");
  EXPECT_EQ(root_->text_attribute("", "shape"), "");
  EXPECT_EQ(root_->text_attribute("not-there", "kind"), "");
  EXPECT_FALSE(root_->boolean_attribute("list", "flag"));
}

TEST_F(GroupTest, Arrays) {
  EXPECT_EQ(root_->info("list").number, Number::kInt16);
  EXPECT_EQ(root_->info("flags").kind, Kind::kBoolean);
  EXPECT_EQ(root_->info("text").kind, Kind::kText);
  EXPECT_EQ(root_->info("records").kind, Kind::kRecords);
  EXPECT_THAT(root_->info("word").shape, IsEmpty());
  EXPECT_THAT(root_->info("null").shape, IsEmpty());
  EXPECT_THAT(root_->info("cube").shape, ElementsAre(2, 2, 2));
  const auto list = root_->numbers("list");
  EXPECT_EQ(list->size(), 10);
  std::vector<float> part(3);
  list->read(1, std::span(part));
  EXPECT_THAT(part, ElementsAre(-1.F, 0.F, 1.F));
  EXPECT_THAT(arrays::read_numbers<std::int64_t>(*root_, "flags"), ElementsAre(1, 0));
  EXPECT_THAT(root_->texts("text"), ElementsAre("one", "zwölf", ""));
  EXPECT_THAT(root_->texts("fixed"), ElementsAre("ab", "c"));
  EXPECT_THAT(root_->texts("word"), ElementsAre("scalar"));
  SCTAB_EXPECT_THROW_WITH((void)root_->numbers("text"), core::InputError,
                          "text: does not hold a single column of numbers");
  SCTAB_EXPECT_THROW_WITH((void)root_->numbers("cube"), core::InputError,
                          "cube: does not hold a single column of numbers");
  SCTAB_EXPECT_THROW_WITH((void)root_->matrix("list"), core::InputError,
                          "list: does not hold rows and columns of numbers");
  SCTAB_EXPECT_THROW_WITH((void)root_->texts("list"), core::InputError, "list: does not hold a single column of text");
  SCTAB_EXPECT_THROW_WITH((void)root_->numbers("nowhere"), core::InputError, path_.c_str(), "'nowhere' is missing");
  SCTAB_EXPECT_THROW_WITH((void)root_->records("list"), core::InputError, "list: does not hold records");
}

/// A block of a matrix whose number in row r and column c is 7 r + c.
void expect_block(arrays::NumberMatrix& matrix, const Block& block) {
  arrays::visit_number(matrix.number(), [&](auto value) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(block.n_rows * block.n_columns) * sizeof(value));
    matrix.read(block, bytes);
    for (std::int64_t i = 0; i < block.n_rows * block.n_columns; ++i) {
      std::memcpy(&value, bytes.data() + static_cast<std::size_t>(i) * sizeof(value), sizeof(value));
      const std::int64_t row = block.row + i / block.n_columns, column = block.column + i % block.n_columns;
      EXPECT_EQ(static_cast<double>(value), static_cast<double>(7 * row + column));
    }
  });
}

TEST_F(GroupTest, EveryBlockOfAMatrixInEveryLayout) {
  for (const std::string& name : root_->members("matrices")) {
    if (name == "empty" || name == "never-written") continue;
    SCOPED_TRACE(name);
    const auto matrix = root_->matrix("matrices/" + name);
    ASSERT_EQ(matrix->n_rows(), 5);
    ASSERT_EQ(matrix->n_columns(), 7);
    core::ThreadPool pool(3);
    pool.parallel_for(5, [&](std::int64_t row) {
      for (std::int64_t n_rows = 0; row + n_rows <= 5; ++n_rows) {
        for (std::int64_t column = 0; column < 7; ++column) {
          for (std::int64_t n_columns = 0; column + n_columns <= 7; ++n_columns) {
            expect_block(*matrix, {row, n_rows, column, n_columns});
          }
        }
      }
    });
  }
  const auto chunked = root_->matrix("matrices/chunked-1");
  EXPECT_EQ(chunked->chunk_rows(), 2);
  EXPECT_EQ(chunked->chunk_columns(), 3);
  EXPECT_EQ(root_->matrix("matrices/contiguous")->chunk_rows(), 1);
  EXPECT_EQ(root_->matrix("matrices/empty")->n_rows(), 0);
}

TEST_F(GroupTest, ChunksThatWereNeverWrittenHoldTheValueChosenForThem) {
  std::vector<float> values(6);
  root_->matrix("matrices/never-written")->read({1, 2, 3, 3}, std::as_writable_bytes(std::span(values)));
  EXPECT_EQ(values, std::vector<float>(6, 3.F));
}

TEST_F(GroupTest, RecordsAsColumns) {
  for (const char* name : {"records", "records-in-chunks"}) {
    SCOPED_TRACE(name);
    const auto table = root_->records(name);
    EXPECT_THAT(table->texts_attribute("", "fields"), ElementsAre("id", "n", "real", "big", "flag", "pair"));
    EXPECT_THAT(table->members(""), ElementsAre("big", "flag", "id", "n", "pair", "real"));
    EXPECT_THAT(table->texts("id"), ElementsAre("x", "y", "zz"));
    EXPECT_THAT(table->info("n").shape, ElementsAre(3));
    EXPECT_THAT(arrays::read_numbers<std::int64_t>(*table, "n"), ElementsAre(-1, 2, 3));
    EXPECT_TRUE(std::isnan(arrays::read_numbers<double>(*table, "real").back()));
    EXPECT_EQ(arrays::read_numbers<double>(*table, "big").front(), 0x1p64);
    EXPECT_EQ(table->info("flag").kind, Kind::kBoolean);
    EXPECT_THAT(arrays::read_numbers<std::int64_t>(*table, "flag"), ElementsAre(1, 0, 1));
    EXPECT_EQ(table->info("pair").kind, Kind::kOther);
    EXPECT_EQ(table->place("n").key, std::string(name) + "/n");
    SCTAB_EXPECT_THROW_WITH((void)table->numbers("id"), core::InputError, path_.c_str(),
                            "/id: does not hold a single column");
  }
  EXPECT_THAT(arrays::read_numbers<std::int64_t>(*root_->records("records-without-text"), "n"), ElementsAre(-1, 2, 3));
  EXPECT_THAT(root_->records("no-records")->texts("id"), IsEmpty());
}

}  // namespace
}  // namespace sctab::hdf5::tests
