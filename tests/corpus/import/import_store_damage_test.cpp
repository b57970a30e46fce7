// Parquet stores that are damaged, not whole, or something else.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iostream>

#include "formats/npy/npy_file.hpp"
#include "formats/parquet/sql.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/corpus/import_store.hpp"
#include "support/fixtures.hpp"
#include "support/parquet_store_files.hpp"

namespace sctab::corpus::tests {
namespace {
namespace fs = std::filesystem;

using core::InputError;
using sctab::tests::ParquetStoreFiles;
using sctab::tests::read_bytes;
using sctab::tests::write_bytes;
using sctab::tests::write_npy;

class BadParquetStore : public testing::Test {
 protected:
  void SetUp() override {
    SCTAB_NEED_DUCKDB();
    core::Progress::set_quiet(true);
    static const sctab::tests::TemporaryFolder made;
    static const ParquetStoreFiles files(made / "files", {{{30, 20}, {10}, {10}}});
    good_ = std::make_unique<ParquetStoreFiles>(files.copy_to(folder_ / "good"));
  }
  /// Imports a copy after `spoil`; expects a refusal with these texts and no store.
  void expect_refused(const std::function<void(const ParquetStoreFiles&)>& spoil,
                      const std::vector<std::string>& texts) {
    fs::remove_all(folder_ / "bad");
    fs::remove_all(folder_ / "store.import");
    const ParquetStoreFiles bad = good_->copy_to(folder_ / "bad");
    spoil(bad);
    try {
      (void)import_store({bad.folder, folder_ / "store", good_->ontology, {}, false, 1});
      ADD_FAILURE() << "not refused: " << texts.front();
    } catch (const InputError& error) {
      const std::string message = error.what();
      std::cout << "    " << message << "\n";  // so that a log shows what users are told
      EXPECT_EQ(message.find('\n'), std::string::npos);
      for (const std::string& text : texts) EXPECT_NE(message.find(text), std::string::npos) << text << "\n" << message;
    }
    EXPECT_FALSE(fs::exists(folder_ / "store"));
  }
  void expect_part_refused(const std::string& select, const std::vector<std::string>& texts) {
    expect_refused([&select](const ParquetStoreFiles& files) { files.rewrite("train/part.1.parquet", select); }, texts);
  }

  sctab::tests::TemporaryFolder folder_;
  std::unique_ptr<ParquetStoreFiles> good_;
};

TEST_F(BadParquetStore, MissingFilesAreNamed) {
  const auto without = [this](const std::string& name, const std::vector<std::string>& texts) {
    expect_refused([&name](const ParquetStoreFiles& files) { fs::remove_all(files.folder / name); }, texts);
  };
  without("var.parquet", {"var.parquet", "no such file", "the genes"});
  without("categorical_lookup/tissue.parquet",
          {"tissue.parquet", "no such file", "the meaning of the codes of tissue"});
  without("val", {"val", "no such folder", "train, val and test"});
  without("train/part.0.parquet",
          {"train", "has no part.0.parquet, but a part.1.parquet", "check that the download is complete"});
  without("test/part.0.parquet", {"test", "has no part.0.parquet;"});
  // The last part is missed where there is a _metadata, one in the middle by its number.
  without("train/part.1.parquet",
          {"train/_metadata", "lists 50 cells", "part.0 to part.0 have 30", "download the whole folder"});
  expect_refused([](const ParquetStoreFiles& files) { files.write_metadata("val", 9); },
                 {"val/_metadata", "lists 9 cells", "have 10"});
  expect_refused(
      [](const ParquetStoreFiles& files) { write_bytes(files.folder / "test" / "_metadata", "PAR1 and no more"); },
      {"test/_metadata", "cannot be read as Parquet"});
  expect_refused(
      [](const ParquetStoreFiles& files) {
        fs::rename(files.folder / "train" / "part.1.parquet", files.folder / "train" / "part.2.parquet");
      },
      {"has no part.1.parquet, but a part.2.parquet"});
}

TEST_F(BadParquetStore, ColumnsThatAreMissingOrOfAnotherTypeAreNamed) {
  expect_part_refused("* EXCLUDE (tech_sample)", {"part.1.parquet", "has no column tech_sample"});
  expect_part_refused("* REPLACE (cell_type::INTEGER AS cell_type)",
                      {"part.1.parquet", "cell_type", "INTEGER", "BIGINT"});
  expect_part_refused("* REPLACE (cell_type::VARCHAR AS cell_type)", {"cell_type", "VARCHAR", "BIGINT (int64)"});
  expect_part_refused("* REPLACE (X::DOUBLE[] AS X)", {"X", "DOUBLE[]", "FLOAT[] (list of float32)"});
  expect_part_refused("* REPLACE (is_primary_data::BIGINT AS is_primary_data)",
                      {"is_primary_data", "BIGINT", "BOOLEAN"});
  expect_refused([](const ParquetStoreFiles& f) { f.rewrite("var.parquet", "* EXCLUDE (feature_id)"); },
                 {"var.parquet", "expected one named feature_id"});
  expect_refused([](const ParquetStoreFiles& f) { f.rewrite("categorical_lookup/assay.parquet", "label AS name"); },
                 {"assay.parquet", "has the columns name", "label"});
}

TEST_F(BadParquetStore, ValuesThatCannotBeAreNamedWithTheirRow) {
  const auto values = [](const std::string& value) {
    return fmt::format("* REPLACE (CASE WHEN idx = 33 THEN [{}::FLOAT] || X[2:] ELSE X END AS X)", value);
  };
  expect_part_refused("* REPLACE (CASE WHEN idx = 33 THEN X[:44] ELSE X END AS X)",
                      {"part.1.parquet", "cell 3", "X: 44 values; expected 45"});
  expect_part_refused("* REPLACE (CASE WHEN idx = 33 THEN []::FLOAT[] ELSE X END AS X)", {"cell 3", "X: 0 values"});
  expect_part_refused(values("'nan'"), {"part.1.parquet", "cell 3", "gene ENSG00000000100: X: nan", "9.2104"});
  expect_part_refused(values("-0.5"), {"cell 3", "X: -0.5"});
  expect_part_refused(values("37"), {"cell 3", "X: 37", "sf-log1p"});
  expect_part_refused(values("NULL"), {"column X: row 3", "has no value"});
  expect_part_refused("* REPLACE (CASE WHEN idx = 33 THEN NULL ELSE X END AS X)", {"column X: row 3", "has no value"});
  const auto code = [](const std::string& column, const std::string& value) {
    return fmt::format("* REPLACE (CASE WHEN idx = 33 THEN {} ELSE {} END AS {})", value, column, column);
  };
  expect_part_refused(code("cell_type", "4"),
                      {"cell 3", "cell_type: 4; expected 0 to 3", "cell_type.parquet has 4 rows"});
  expect_part_refused(code("cell_type", "-1"), {"cell 3", "cell_type: -1; expected 0 to 3"});
  expect_part_refused(code("tissue", "99"), {"cell 3", "tissue: 99; expected 0 to 2"});
  expect_part_refused(code("donor_id", "-2"), {"cell 3", "donor_id: -2; expected -1 to 2"});
  expect_part_refused(code("disease", "NULL"), {"row 3", "column disease"});
  expect_part_refused(code("soma_joinid", "-5"), {"cell 3", "soma_joinid: -5"});
  expect_part_refused(code("idx", "40"), {"cell 3", "idx: 40; expected 33", "no part is missing"});
  expect_part_refused(code("tech_sample", "4"), {"tech_sample: study_donor 4", "two splits"});
  for (const std::string split : {"val", "test"}) {
    const auto spoil = [&](const ParquetStoreFiles& files) {
      files.rewrite(split + "/part.0.parquet",
                    "* REPLACE (CASE WHEN idx = 7 THEN -1 ELSE tech_sample END AS tech_sample)");
    };
    expect_refused(spoil, {split + "/part.0.parquet", "cell 7", "tech_sample: -1", "only train"});
  }
}

TEST_F(BadParquetStore, CellsOfTrainMayHaveNoDonor) {
  good_->rewrite("train/part.1.parquet", "* REPLACE (CASE WHEN idx = 33 THEN -1 ELSE tech_sample END AS tech_sample)");
  (void)import_store({good_->folder, folder_ / "store", good_->ontology, {}, false, 1});
  EXPECT_EQ(store::Store::open(folder_ / "store").obs(store::Split::kTrain).column(store::Field::kDonor)[33], -1);
}

TEST_F(BadParquetStore, DamagedFilesAreRefused) {
  const auto changed = [this](const std::string& name, const std::function<std::string(std::string)>& change,
                              const std::vector<std::string>& texts) {
    expect_refused(
        [&](const ParquetStoreFiles& files) {
          write_bytes(files.folder / name, change(read_bytes(files.folder / name)));
        },
        texts);
  };
  const auto cut = [](const std::string& bytes) { return bytes.substr(0, bytes.size() * 2 / 3); };
  const auto text = [](const std::string&) { return std::string("an error page"); };
  for (const char* name : {"train/part.1.parquet", "var.parquet", "categorical_lookup/disease.parquet"}) {
    changed(name, cut, {name, "cannot be read as Parquet"});
    changed(name, text, {name, "cannot be read as Parquet"});
  }
  const auto overwritten = [](std::string bytes) {
    std::fill(bytes.begin() + 4, bytes.begin() + std::ssize(bytes) / 3, '\xFF');
    return bytes;
  };
  changed("train/part.1.parquet", overwritten, {"part.1.parquet"});
  changed("cell_type_hierarchy/child_matrix.npy", cut, {"child_matrix.npy", "damaged or cut short"});
  changed("augmentations.npy", cut, {"augmentations.npy", "damaged or cut short"});
}

TEST_F(BadParquetStore, ArraysOfAnotherShapeAreRefusedOrReported) {
  expect_refused(
      [](const ParquetStoreFiles& files) {
        write_npy(files.folder / "cell_type_hierarchy" / "child_matrix.npy", {3, 3}, std::vector<double>(9, 1));
      },
      {"child_matrix.npy", "has shape 3 × 3; expected 4 × 4"});
  expect_refused(
      [](const ParquetStoreFiles& files) {
        write_npy(files.folder / "cell_type_hierarchy" / "child_matrix.npy", {4, 4}, std::vector<double>(16, 2));
      },
      {"child_matrix.npy", "2; expected 0 or 1"});
  expect_refused(
      [](const ParquetStoreFiles& files) {
        write_npy(files.folder / "augmentations.npy", {2, 7}, std::vector<float>(14, 1));
      },
      {"augmentations.npy", "has shape 2 × 7; expected vectors × 45 genes"});
  expect_refused(
      [](const ParquetStoreFiles& files) {
        write_npy(files.folder / "augmentations.npy", {1, 45},
                  std::vector<float>(45, std::numeric_limits<float>::infinity()));
      },
      {"augmentations.npy", "vector 0", "inf"});
  write_npy(good_->folder / "class_weights.npy", {2}, std::vector<double>{1, 2});
  const StoreImportResult result = import_store({good_->folder, folder_ / "fine", good_->ontology, {}, false, 1});
  EXPECT_NE(result.weights->not_compared.find("has shape 2; expected 4"), std::string::npos);
}

TEST_F(BadParquetStore, AFolderOfTheUsersIsNotReplaced) {
  fs::create_directories(folder_ / "thesis");
  write_bytes(folder_ / "thesis" / "chapter.txt", "two years");
  SCTAB_EXPECT_THROW_WITH(import_store({good_->folder, folder_ / "thesis", good_->ontology, {}, false, 1}), InputError,
                          "thesis", "so it is not replaced");
  fs::create_directories(folder_ / "store.import");
  write_bytes(folder_ / "store.import" / "chapter.txt", "two years");
  SCTAB_EXPECT_THROW_WITH(import_store({good_->folder, folder_ / "store", good_->ontology, {}, false, 1}), InputError,
                          "store.import", "no import.json");
  EXPECT_TRUE(fs::exists(folder_ / "store.import" / "chapter.txt"));
}

TEST_F(BadParquetStore, FilesOfTheUsersAmongThoseOfAnImportAreKept) {
  const fs::path growing = folder_ / "store.import";
  fs::create_directories(growing / "finished");
  write_bytes(growing / "import.json", "{}");
  for (const char* name : {"my-only-copy.h5ad", "train-0001.h5ad", "finished/mine.json", "finished/train-00000.h5ad"}) {
    write_bytes(growing / name, "years of work");
    SCTAB_EXPECT_THROW_WITH(import_store({good_->folder, folder_ / "store", good_->ontology, {}, false, 1}), InputError,
                            "store.import", "does not come from an unfinished import");
    EXPECT_EQ(sctab::tests::read_bytes(growing / name), "years of work");
    fs::remove(growing / name);
  }
  write_bytes(growing / "val-00000.h5ad", "half");
  write_bytes(growing / ".train-00001.h5ad.12-0.tmp", "half");
  (void)import_store({good_->folder, folder_ / "store", good_->ontology, {}, false, 1});
  EXPECT_FALSE(fs::exists(folder_ / "store" / ".train-00001.h5ad.12-0.tmp"));
}

}  // namespace
}  // namespace sctab::corpus::tests
