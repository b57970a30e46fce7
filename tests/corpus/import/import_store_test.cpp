#include "sctab/corpus/import_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "formats/npy/npy_file.hpp"
#include "formats/parquet/sql.hpp"
#include "sctab/augment/vectors.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/corpus/import_shards.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/store/manifest.hpp"
#include "support/fixtures.hpp"
#include "support/parquet_store_files.hpp"

namespace sctab::corpus::tests {
namespace {

using core::InputError;
using sctab::tests::ParquetStoreFiles;
using sctab::tests::PublishedCell;
using sctab::tests::write_npy;
using store::Field;
using store::Split;

class ImportStore : public testing::Test {
 protected:
  void SetUp() override {
    SCTAB_NEED_DUCKDB();
    core::Progress::set_quiet(true);
    static const sctab::tests::TemporaryFolder made;
    static const ParquetStoreFiles files(made / "files");
    files_ = std::make_unique<ParquetStoreFiles>(files.copy_to(folder_ / "merlin"));
  }
  [[nodiscard]] StoreImportOptions options(const std::string& output = "store") const {
    StoreImportOptions options;
    options.source = files_->folder;
    options.output = folder_ / output;
    options.ontology = files_->ontology;
    options.threads = 2;
    return options;
  }
  [[nodiscard]] std::int64_t code(const PublishedCell& cell, Coded column) const {
    return cell.codes[static_cast<std::size_t>(column)];
  }

  sctab::tests::TemporaryFolder folder_;
  std::unique_ptr<ParquetStoreFiles> files_;
};

/// The cells of a split in store order, dense.
std::vector<std::vector<float>> dense_cells(const store::Store& store, Split split, bool normalise) {
  store::LoaderOptions options;
  options.shuffle = false;
  options.normalise = normalise;
  store::Loader loader(store, split, options);
  std::vector<std::vector<float>> cells;
  for (store::Batch batch; loader.next(batch);) {
    std::vector<float> dense(static_cast<std::size_t>(batch.x.n_cells * batch.x.n_genes));
    sparse::to_dense(batch.x.view(), dense);
    for (core::CellIndex i = 0; i < batch.x.n_cells; ++i) {
      const auto begin = dense.begin() + i * batch.x.n_genes;
      cells.emplace_back(begin, begin + batch.x.n_genes);
    }
  }
  return cells;
}

TEST_F(ImportStore, CellsAndTheirOrderAreThePublishedOnes) {
  const StoreImportResult result = import_store(options());
  EXPECT_EQ(result.n_cells, (std::array<core::CellIndex, 3>{1800, 36, 40}));
  EXPECT_EQ(result.complete, (std::array<bool, 3>{true, true, false})) << "the _metadata of test is no Parquet";
  const auto store = store::Store::open(folder_ / "store");
  EXPECT_EQ(store.content(), store::Content::kLogNormalised);
  EXPECT_EQ(store.genes().ids, files_->gene_ids) << "in the published order";
  EXPECT_EQ(store.genes().symbols.at(3), "G3");
  for (const Split split : store::kSplits) {
    const auto& expected = files_->cells[static_cast<std::size_t>(split)];
    for (const bool normalise : {true, false}) {
      const auto found = dense_cells(store, split, normalise);
      ASSERT_EQ(found.size(), expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        ASSERT_EQ(found[i], expected[i].x) << name(split) << " " << i << ": to the bit, and not normalised again";
      }
    }
  }
  store.verify();
}

TEST_F(ImportStore, ObsIsThePublishedOne) {
  (void)import_store(options());
  const auto store = store::Store::open(folder_ / "store");
  constexpr std::array<std::pair<Field, Coded>, 6> kColumns = {{{Field::kDonor, Coded::kTechSample},
                                                                {Field::kDataset, Coded::kDataset},
                                                                {Field::kAssay, Coded::kAssay},
                                                                {Field::kTissue, Coded::kTissue},
                                                                {Field::kTissueGeneral, Coded::kTissueGeneral},
                                                                {Field::kDisease, Coded::kDisease}}};
  for (const auto& [field, column] : kColumns) {
    EXPECT_EQ(store.tables().column(field), files_->lookups[static_cast<std::size_t>(column)]);
  }
  for (const Split split : store::kSplits) {
    const auto& expected = files_->cells[static_cast<std::size_t>(split)];
    const store::ObsTable obs = store.obs(split);
    ASSERT_EQ(obs.size(), std::ssize(expected));
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(obs.source_row[i], expected[i].soma_joinid);
      ASSERT_EQ(obs.column(Field::kCellType)[i], code(expected[i], Coded::kCellType));
      for (const auto& [field, column] : kColumns) ASSERT_EQ(obs.column(field)[i], code(expected[i], column));
    }
  }
  const h5ad::File shard(folder_ / "store" / "val-00000.h5ad");
  const auto donors = std::get<formats::Categorical>(shard.obs("donor_id").values);
  EXPECT_EQ(donors.codes.at(0), -1);
  EXPECT_EQ(donors.value(2), "donor's 2");
  EXPECT_EQ(std::get<formats::Categorical>(shard.obs("development_stage").values).value(1), "newborn stage");
  EXPECT_EQ(std::get<formats::Booleans>(shard.obs("is_primary_data").values),
            (formats::Booleans{0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1,
                               1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0}));
  EXPECT_EQ(std::get<formats::Integers>(shard.obs("idx").values).at(35), 35);
}

TEST_F(ImportStore, LabelsHierarchyWeightsAndVectorsAreCompared) {
  const StoreImportResult same = import_store(options());
  ASSERT_EQ(same.labels.size(), 4U);
  EXPECT_EQ(same.labels[1].id, "CL:0000624");
  EXPECT_EQ(same.ontology_version, "small/1");
  ASSERT_TRUE(same.hierarchy && same.weights && same.n_vectors);
  EXPECT_TRUE(same.hierarchy->empty());
  EXPECT_LT(same.weights->largest_difference, 1e-12);
  EXPECT_EQ(same.weights->not_compared, "");
  EXPECT_EQ(*same.n_vectors, 3);
  const auto vectors = augment::read_vectors(folder_ / "store" / store::kVectorsFile);
  EXPECT_EQ(vectors.values.n_cells, 3);
  EXPECT_EQ(vectors.values.row(0).data[0], -0.75F);
  EXPECT_EQ(vectors.values.row(0).indices[1], 4);
  EXPECT_EQ(augment::vectors_for(store::Store::open(folder_ / "store"), vectors, "v").nnz(), vectors.values.nnz());

  // CD8 as a subtype of B cell, not of T cell; one weight twice as large; no vectors.
  write_npy(files_->folder / "cell_type_hierarchy" / "child_matrix.npy", {4, 4},
            std::vector<double>{1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1});
  write_npy(files_->folder / "class_weights.npy", {4}, std::vector<double>{9, 9, 9, 9});
  std::filesystem::remove(files_->folder / "augmentations.npy");
  StoreImportOptions again = options();
  SCTAB_EXPECT_THROW_WITH(import_store(again), InputError, "store: is a finished store of", "--overwrite");
  sctab::tests::write_bytes(folder_ / "store" / "notes.txt", "mine");
  std::filesystem::create_directory(folder_ / "store" / "finished");
  sctab::tests::write_bytes(folder_ / "store" / "finished" / "notes.txt", "mine");
  again.overwrite = true;
  const StoreImportResult other = import_store(again);
  ASSERT_EQ(other.hierarchy->size(), 2U);
  EXPECT_EQ(other.hierarchy->at(0).parent, 0U);
  EXPECT_EQ(other.hierarchy->at(0).child, 3U);
  EXPECT_FALSE(other.hierarchy->at(0).published);
  EXPECT_EQ(other.hierarchy->at(1).parent, 2U);
  EXPECT_TRUE(other.hierarchy->at(1).published);
  EXPECT_GT(other.weights->largest_difference, 1);
  EXPECT_FALSE(other.n_vectors.has_value());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "store" / store::kVectorsFile))
      << "the earlier store is replaced whole";
  EXPECT_EQ(sctab::tests::read_bytes(folder_ / "store" / "notes.txt"), "mine");
  EXPECT_EQ(sctab::tests::read_bytes(folder_ / "store" / "finished" / "notes.txt"), "mine");
}

TEST_F(ImportStore, ShardsAreWholePartsOrPartsOfOne) {
  StoreImportOptions small = options();
  small.cells_per_shard = 400;
  const StoreImportResult result = import_store(small);
  const auto store = store::Store::open(folder_ / "store");
  const auto sizes = [&store](Split split) {
    std::vector<core::CellIndex> cells;
    for (const store::Shard& shard : store.shards(split)) cells.push_back(shard.n_cells);
    return cells;
  };
  EXPECT_EQ(sizes(Split::kTrain), (std::vector<core::CellIndex>{400, 400, 400, 300, 300}));
  EXPECT_EQ(sizes(Split::kVal), (std::vector<core::CellIndex>{36}));
  EXPECT_EQ(result.n_shards_written, 7);
  const auto found = dense_cells(store, Split::kTrain, true);
  for (std::size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], files_->cells[0][i].x);
}

TEST_F(ImportStore, GoesOnFromTheShardsThatAreFinished) {
  StoreImportOptions small = options();
  small.cells_per_shard = 400;
  small.threads = 1;
  small.resume = true;  // of which there is nothing yet
  const std::filesystem::path last = files_->folder / "test" / "part.0.parquet";
  const std::filesystem::path whole = folder_ / "whole";
  std::filesystem::copy_file(last, whole);
  files_->rewrite(last, "* REPLACE (CASE WHEN idx = 39 THEN 99 ELSE tissue END AS tissue)");
  SCTAB_EXPECT_THROW_WITH(import_store(small), InputError, "test/part.0.parquet",
                          "continue from the 6 finished shards in", "store.import", "--resume");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "store"));
  const std::filesystem::path shard = folder_ / "store.import" / "train-00001.h5ad";
  ASSERT_TRUE(std::filesystem::exists(shard));
  const auto written = std::filesystem::last_write_time(shard);
  std::filesystem::remove(folder_ / "store.import" / "train-00002.h5ad");

  // Other numbers of cells would be other shards; another file of as many is a damaged one replaced.
  sctab::tests::run_sql("COPY (SELECT * FROM read_parquet('" + whole.string() + "') LIMIT 39) TO '" + last.string() +
                        "' (FORMAT parquet)");
  SCTAB_EXPECT_THROW_WITH(import_store(small), InputError, "store.import", "of other files", "differ in parts",
                          "remove the folder");
  std::filesystem::copy_file(whole, last, std::filesystem::copy_options::overwrite_existing);
  const std::filesystem::path second = files_->folder / "train" / "part.1.parquet";  // of train-00004
  std::filesystem::last_write_time(second, std::filesystem::last_write_time(second) + std::chrono::seconds(5));
  small.resume = false;
  SCTAB_EXPECT_THROW_WITH(import_store(small), InputError, "store.import", "unfinished import", "--resume");
  small.resume = true;
  sctab::tests::write_bytes(folder_ / "store.import" / "finished" / "train-00003.h5ad.json", "{\"half\": ");
  {
    const auto identity = core::read_json(folder_ / "store.import" / "import.json");
    EXPECT_TRUE(identity.contains("sctab_version"));
    const ImportFolder another(folder_ / "store", identity, {.resume = true});
    const std::vector<FileState> parts = {open_merlin_store(files_->folder, 1).parts[0].at(0).state};
    SCTAB_EXPECT_THROW_WITH(import_store(small), InputError, "store.import", "another import is at work");
    EXPECT_FALSE(another.find("train-00003.h5ad", parts).has_value()) << "its record is no JSON";
  }
  const StoreImportResult result = import_store(small);
  EXPECT_EQ(result.n_shards_kept, 3);
  EXPECT_EQ(result.n_shards_written, 4) << "the one of test, that removed, that without a record, that of another file";
  EXPECT_EQ(std::filesystem::last_write_time(folder_ / "store" / "train-00001.h5ad"), written);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "store.import"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "store" / "import.json"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "store" / "finished"));
  small.source = folder_ / "nowhere";  // refused at once: nothing of the source is read
  SCTAB_EXPECT_THROW_WITH(import_store(small), InputError, "store", "is finished", "--resume");

  StoreImportOptions at_once = options("at-once");
  at_once.cells_per_shard = 400;
  (void)import_store(at_once);
  EXPECT_EQ(store::Store::open(folder_ / "store").hash(), store::Store::open(folder_ / "at-once").hash())
      << "store.json has the SHA-256 of every shard";
}

TEST_F(ImportStore, CtrlCSaysWhatIsFinished) {
  const MerlinStore from = open_merlin_store(files_->folder, 1);
  const ImportFolder folder(folder_ / "store", {{"some", "import"}}, {});
  store::ShardLayout layout;
  layout.genes = from.genes;
  layout.tables =
      category_tables(from, {{"a", "CL:0000001"}, {"b", "CL:0000002"}, {"c", "CL:0000003"}, {"d", "CL:0000004"}});
  core::set_interrupted(true);
  SCTAB_EXPECT_THROW_WITH(import_shards(from, plan_shards(from, 400), layout, folder, 2), core::Interrupted,
                          "0 of 7 shards are finished", "store.import", "--resume");
  core::set_interrupted(false);
}

TEST_F(ImportStore, IdsMayBeGivenBesideTheLabels) {
  files_->rewrite("categorical_lookup/cell_type.parquet",
                  "* REPLACE (replace(label, 'CD8 T cell', 'killer') AS label)");
  SCTAB_EXPECT_THROW_WITH(import_store(options()), InputError, "cell_type.parquet", "1 of 4 labels have no term",
                          "\"killer\" (no term has this name)", "--labels");
  std::ofstream(folder_ / "labels.csv") << "label,cell_type_ontology_term_id\nT cell,\nCD4 T cell,\nB cell,\n";
  StoreImportOptions with_labels = options();
  with_labels.labels = folder_ / "labels.csv";
  SCTAB_EXPECT_THROW_WITH(import_store(with_labels), InputError, "labels.csv", "has other labels");
  const std::string three = sctab::tests::read_bytes(folder_ / "labels.csv");
  std::ofstream(folder_ / "labels.csv", std::ios::app) << "killer,CL:9999999\n";
  SCTAB_EXPECT_THROW_WITH(import_store(with_labels), InputError, "labels.csv", "1 of 4 labels have no term",
                          "\"killer\" (CL:9999999 is not in the ontology)");
  std::ofstream(folder_ / "labels.csv") << three << "killer,CL:0000625\n";
  EXPECT_EQ(import_store(with_labels).labels.at(3).id, "CL:0000625");
  EXPECT_EQ(store::Store::open(folder_ / "store").tables().cell_types.at(3).label, "killer");
}

TEST(ImportStoreWithoutDuckdb, SaysSo) {
  if (parquet::is_available()) GTEST_SKIP() << "DuckDB is there";
  SCTAB_EXPECT_THROW_WITH(import_store({"merlin", "no-such-store", "cl.obo", {}}), InputError, "merlin", "DuckDB",
                          "tools/install-dependencies.sh");
}

}  // namespace
}  // namespace sctab::corpus::tests
