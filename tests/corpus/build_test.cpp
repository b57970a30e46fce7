#include "sctab/corpus/build.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "sctab/core/staged_output.hpp"
#include "sctab/store/loader.hpp"
#include "support/fixtures.hpp"
#include "support/h5ad_file.hpp"
#include "support/small_ontology.hpp"

namespace sctab::corpus {
namespace {

using store::Split;
using tests::H5adFile;

class BuildTest : public ::testing::Test {
 protected:
  BuildTest() {
    core::write_file_atomically(folder_ / "cl.obo", tests::small_obo());
    options_.curation.min_cells = options_.curation.min_donors = options_.curation.min_ancestors = 0;
    options_.overwrite = true;
  }
  std::filesystem::path write(const std::string& name, const H5adFile& file) {
    file.write(folder_ / name);
    return folder_ / name;
  }
  store::Store build_and_open(const std::vector<std::filesystem::path>& sources) {
    result_ = build(sources, folder_ / "store", options_);
    return store::Store::open(folder_ / "store");
  }

  tests::TemporaryFolder folder_;
  BuildOptions options_;
  BuildResult result_;
};

const std::string& text(const store::Store& store, const store::ObsTable& obs, Field field, std::size_t cell) {
  const auto code = static_cast<std::size_t>(obs.column(field).at(cell));
  if (field == Field::kCellType) return store.tables().cell_types.at(code).id;
  return store.tables().values[static_cast<std::size_t>(field)].at(code);
}

// What a cell holds: counts by gene id.
using Counts = std::map<std::string, float>;

std::map<std::pair<std::string, CellIndex>, Counts> counts_of(const store::Store& store, Split split) {
  store::LoaderOptions loading;
  loading.shuffle = loading.normalise = false;
  loading.threads = 1;
  store::Loader loader(store, split, loading);
  const store::ObsTable obs = store.obs(split);
  std::map<std::pair<std::string, CellIndex>, Counts> cells;
  store::Batch batch;
  while (loader.next(batch)) {
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
      const auto row = static_cast<std::size_t>(batch.rows[i]);
      Counts& counts = cells[{text(store, obs, Field::kDataset, row), obs.source_row[row]}];
      EXPECT_TRUE(counts.empty()) << "a cell twice";
      const sparse::RowView values = batch.x.row(static_cast<CellIndex>(i));
      for (std::size_t k = 0; k < values.indices.size(); ++k) {
        counts[store.genes().ids[static_cast<std::size_t>(values.indices[k])]] = values.data[k];
      }
    }
  }
  return cells;
}

TEST_F(BuildTest, TakesLabelsFromATable) {
  H5adFile file = tests::small_file(6, 1, "a");
  std::string table = "cell,cell_type_ontology_term_id,donor_id,is_primary_data\n";
  for (std::size_t cell = file.n_cells(); cell-- > 0;) {  // in another order
    table += fmt::format("cell-{},{},{},True\n", cell, file.obs["cell_type_ontology_term_id"][cell],
                         file.obs["donor_id"][cell]);
  }
  (void)build_and_open({write("a.h5ad", file)});
  const BuildResult expected = result_;
  file.drop("donor_id");
  file.drop("is_primary_data");
  file.set_all("cell_type_ontology_term_id", "unknown");
  options_.obs = folder_ / "labels.csv";
  core::write_file_atomically(options_.obs, table);
  (void)build_and_open({write("a.h5ad", file)});
  EXPECT_EQ(result_.n_cells, expected.n_cells);
  EXPECT_EQ(result_.n_donors, expected.n_donors);
  EXPECT_EQ(result_.n_types, expected.n_types);
  EXPECT_EQ(result_.split_cells, expected.split_cells);
  EXPECT_EQ(result_.provenance.at("options").at("obs"), options_.obs.string());

  core::write_file_atomically(options_.obs, table + "cell-3,CL:0000624,d,True\n");
  SCTAB_EXPECT_THROW_WITH(build_and_open({folder_ / "a.h5ad"}), core::InputError, "labels.csv, line 62: cell cell-3",
                          "has two rows");
  core::write_file_atomically(options_.obs, table.substr(0, table.rfind("cell-0,")));
  SCTAB_EXPECT_THROW_WITH(build_and_open({folder_ / "a.h5ad"}), core::InputError, "a.h5ad: cell cell-0",
                          "1 of its 60 cells have no row in");
  core::write_file_atomically(options_.obs, table);
  SCTAB_EXPECT_THROW_WITH(build_and_open({folder_ / "a.h5ad", write("b.h5ad", file)}), core::InputError,
                          "b.h5ad: cell cell-0", "is in", "too");
}

TEST_F(BuildTest, EveryKeptCellIsThereOnceWithItsCountsAndLabels) {
  H5adFile a = tests::small_file(6, 1, "a"), b = tests::small_file(4, 2, "b");
  b.genes = tests::gene_ids(25, 11);  // overlaps with a's in 15
  b.genes.front() += ".7";
  a.obs["cell_type_ontology_term_id"][5] = "unknown";
  a.obs["assay"][8] = "inDrop";
  b.primary[0] = 0;
  const store::Store store = build_and_open({write("a.h5ad", a), write("b.h5ad", b)});

  EXPECT_EQ(store.genes().size(), 35);
  EXPECT_EQ(result_.n_cells, 97);
  EXPECT_EQ(result_.n_donors, 10);
  EXPECT_EQ(result_.n_types, 3);
  std::size_t n_cells = 0;
  for (const Split split : store::kSplits) {
    const auto cells = counts_of(store, split);
    n_cells += cells.size();
    for (const auto& [key, counts] : cells) {
      const H5adFile& file = key.first == "a" ? a : b;
      Counts expected;
      const sparse::RowView row = file.counts.row(key.second);
      for (std::size_t k = 0; k < row.indices.size(); ++k) {
        expected[std::string(genes::without_version(file.genes[static_cast<std::size_t>(row.indices[k])]))] =
            row.data[k];
      }
      EXPECT_EQ(counts, expected);
    }
    const store::ObsTable obs = store.obs(split);
    for (std::size_t cell = 0; cell < cells.size(); ++cell) {
      const std::string& dataset = text(store, obs, Field::kDataset, cell);
      const H5adFile& file = dataset == "a" ? a : b;
      const auto row = static_cast<std::size_t>(obs.source_row[cell]);
      EXPECT_EQ(text(store, obs, Field::kCellType, cell), file.obs.at("cell_type_ontology_term_id")[row]);
      EXPECT_EQ(text(store, obs, Field::kDonor, cell), dataset + ":" + file.obs.at("donor_id")[row]);
      EXPECT_EQ(text(store, obs, Field::kTissueGeneral, cell), "blood");  // falls back to tissue
      EXPECT_EQ(text(store, obs, Field::kDisease, cell), "unknown");      // no such column
    }
  }
  EXPECT_EQ(n_cells, 97U);
  EXPECT_EQ(store.tables().cell_types.front().label, "B cell");
}

TEST_F(BuildTest, ProvenanceSaysWhereItCameFromAndWhatWasRemoved) {
  H5adFile file = tests::small_file(10, 3);
  for (std::size_t cell = 0; cell < 7; ++cell) file.obs["cell_type_ontology_term_id"][cell] = "CL:0000999";  // obsolete
  file.obs["cell_type_ontology_term_id"][50] = "CL:0000010";
  for (std::size_t cell = 90; cell < 100; ++cell) file.obs["donor_id"][cell] = "unknown";
  const store::Store store = build_and_open({write("a.h5ad", file)});
  const nlohmann::json& provenance = store.provenance();
  EXPECT_EQ(provenance, result_.provenance);
  const nlohmann::json& source = provenance.at("sources").at(0);
  EXPECT_EQ(source.at("path"), (folder_ / "a.h5ad").string());
  EXPECT_EQ(source.at("cells"), 100);
  EXPECT_EQ(source.at("cells_kept"), 99);
  EXPECT_EQ(source.at("matrix"), "X");
  EXPECT_EQ(source.at("genes_found"), 25);
  EXPECT_EQ(provenance.at("ontology").at("version"), "small/1");
  EXPECT_EQ(provenance.at("replaced_labels").at(0),
            (nlohmann::json{{"from", "CL:0000999"}, {"to", "CL:0000236"}, {"cells", 7}}));
  EXPECT_EQ(provenance.at("curation").at(3).at("rule"), "below native cell");
  EXPECT_EQ(provenance.at("curation").at(3).at("cells"), 1);
  EXPECT_EQ(provenance.at("cells_without_donor"), 10);
  EXPECT_EQ(provenance.at("splits").at("test").at("donors"), 1);
  EXPECT_EQ(provenance.at("options").at("min_cells"), 0);
  EXPECT_EQ(provenance.at("sctab_version").get<std::string>().find('.'), 1U);
}

TEST_F(BuildTest, CellsWithoutADonorAreInTrainOnly) {
  H5adFile file = tests::small_file(10, 4);
  const std::vector<std::string> missing = {"unknown", "", "na", "nan", "pooled"};
  for (std::size_t cell = 0; cell < 50; ++cell) file.obs["donor_id"][cell] = missing[cell % missing.size()];
  const store::Store store = build_and_open({write("a.h5ad", file)});
  EXPECT_EQ(result_.cells_without_donor, 50);
  std::int64_t without = 0;
  for (const Split split : store::kSplits) {
    const store::ObsTable obs = store.obs(split);
    for (std::size_t cell = 0; cell < static_cast<std::size_t>(obs.size()); ++cell) {
      if (text(store, obs, Field::kDonor, cell) != kUnknown) continue;
      ++without;
      EXPECT_EQ(split, Split::kTrain);
    }
  }
  EXPECT_EQ(without, 50);
}

// Each person must be in one split, for every donor key.
TEST_F(BuildTest, NoPersonIsInTwoSplitsUnderAnyDonorKey) {
  for (const char* key : {"donor_id", "sample", "donor_id,sample", "sample,donor_id", "centre"}) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      H5adFile file = tests::small_file(24, seed);
      core::Rng rng(seed);
      for (std::size_t cell = 0; cell < file.n_cells(); ++cell) {
        const std::string& donor = file.obs["donor_id"][cell];
        file.obs["sample"].push_back(rng.below(8) == 0 ? "unknown" : donor + "-" + std::to_string(rng.below(3)));
        file.obs["centre"].push_back("centre" + std::to_string(cell / 20));
      }
      options_.donor_key = key;
      options_.split.seed = seed;
      const store::Store store = build_and_open({write("a.h5ad", file)});
      std::map<std::string, Split> split_of;
      std::array<std::set<std::string>, 3> donors;
      for (const Split split : store::kSplits) {
        const store::ObsTable obs = store.obs(split);
        for (std::size_t cell = 0; cell < static_cast<std::size_t>(obs.size()); ++cell) {
          const auto row = static_cast<std::size_t>(obs.source_row[cell]);
          EXPECT_EQ(split_of.emplace(file.obs["donor_id"][row], split).first->second, split) << key;
          donors[static_cast<std::size_t>(split)].insert(text(store, obs, Field::kDonor, cell));
        }
      }
      const bool by_centre = std::string(key) == "centre";
      EXPECT_EQ(donors[1].size(), by_centre ? 2U : 4U) << key;  // 0.15 of 12 centres, of 24 donors
      EXPECT_EQ(donors[2].size(), by_centre ? 2U : 4U) << key;
    }
  }
}

TEST_F(BuildTest, ItIsAFunctionOfSourcesAndSeed) {
  const auto source = write("a.h5ad", tests::small_file(8, 5));
  const std::string first = build_and_open({source}).hash();
  EXPECT_EQ(build_and_open({source}).hash(), first);
  options_.split.seed = 2;
  EXPECT_NE(build_and_open({source}).hash(), first);
}

TEST_F(BuildTest, ThreadsAndMemoryChangeNeitherOrderNorSplit) {
  const auto source = write("a.h5ad", tests::small_file(8, 5));
  options_.threads = 1;
  const store::ObsTable first = build_and_open({source}).obs(Split::kTrain);
  options_.threads = 3;
  options_.memory_bytes = 500'000'000;
  EXPECT_EQ(build_and_open({source}).obs(Split::kTrain).source_row, first.source_row);
}

TEST_F(BuildTest, SymbolsAreTranslatedAndRepeatsAreSummed) {
  const H5adFile a = tests::small_file(6, 6, "a");
  H5adFile b = tests::small_file(6, 7, "b");
  std::string table;
  for (std::size_t gene = 0; gene < b.genes.size(); ++gene) {
    table += b.genes[gene] + ",G" + std::to_string(gene) + "\n";
    b.genes[gene] = "G" + std::to_string(gene);
  }
  b.genes[24] = "ENSG00000000001";  // as G0
  core::write_file_atomically(folder_ / "symbols.csv", table);
  options_.symbols = folder_ / "symbols.csv";
  const store::Store store = build_and_open({write("a.h5ad", a), write("b.h5ad", b)});
  EXPECT_EQ(result_.provenance.at("sources").at(1).at("genes_found"), 24);
  EXPECT_EQ(result_.provenance.at("sources").at(1).at("genes_repeated"), 1);
  for (const Split split : store::kSplits) {
    for (const auto& [key, counts] : counts_of(store, split)) {
      if (key.first != "b") continue;
      float expected = 0;
      const sparse::RowView row = b.counts.row(key.second);
      for (std::size_t k = 0; k < row.indices.size(); ++k) {
        if (row.indices[k] == 0 || row.indices[k] == 24) expected += row.data[k];
      }
      const auto found = counts.find("ENSG00000000001");
      EXPECT_EQ(found == counts.end() ? 0.0F : found->second, expected);
    }
  }
}

TEST_F(BuildTest, AGeneListIsTheGeneSpace) {
  core::write_file_atomically(folder_ / "genes.csv", "ENSG00000000003,C\nENSG00000000099,X\nENSG00000000001,A\n");
  options_.genes = folder_ / "genes.csv";
  const store::Store store = build_and_open({write("a.h5ad", tests::small_file(6, 8))});
  const std::set<std::string> ids(store.genes().ids.begin(), store.genes().ids.end());
  EXPECT_EQ(ids, (std::set<std::string>{"ENSG00000000001", "ENSG00000000003", "ENSG00000000099"}));
  EXPECT_EQ(result_.provenance.at("sources").at(0).at("genes_found"), 2);
}

TEST_F(BuildTest, AssayTermsOfTheCellxgeneSchemaAreNamed) {
  H5adFile file = tests::small_file(10, 9);
  const auto assays = file.obs.extract("assay");
  file.set_all("assay_ontology_term_id", "EFO:0009899");
  file.obs["assay_ontology_term_id"][3] = "EFO:0008931";  // Smart-seq2
  const store::Store store = build_and_open({write("a.h5ad", file)});
  EXPECT_EQ(result_.n_cells, 99);
  EXPECT_EQ(store.tables().values[static_cast<std::size_t>(Field::kAssay)], std::vector<std::string>{"10x 3' v2"});
}

}  // namespace
}  // namespace sctab::corpus
