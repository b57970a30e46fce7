// A shard is an ordinary AnnData file: Debian's python3-anndata must open it, and find the same counts.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "sctab/store/loader.hpp"
#include "store/simulated_store.hpp"
#include "support/fixtures.hpp"

namespace sctab::store {
namespace {

// row, gene id and count of every value, as the loader has them; then the obs.
void write_expected(const Store& store, Split split, const std::filesystem::path& path) {
  LoaderOptions options;
  options.shuffle = false;
  options.normalise = false;
  Loader loader(store, split, options);
  const ObsTable obs = store.obs(split);
  std::ofstream counts(path / "counts.tsv");
  Batch batch;
  while (loader.next(batch)) {
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
      const auto row = batch.x.row(static_cast<CellIndex>(i));
      for (std::size_t k = 0; k < row.indices.size(); ++k) {
        counts << batch.rows[i] << '\t' << store.genes().ids[static_cast<std::size_t>(row.indices[k])] << '\t'
               << row.data[k] << '\n';
      }
    }
  }
  std::ofstream table(path / "obs.tsv");
  table << "cell_type\tcell_type_ontology_term_id\tdonor\tsource_row\n";
  for (std::size_t i = 0; i < obs.source_row.size(); ++i) {
    const auto& type = store.tables().cell_types[static_cast<std::size_t>(obs.column(Field::kCellType)[i])];
    const std::int32_t donor = obs.column(Field::kDonor)[i];
    table << type.label << '\t' << type.id << '\t'
          << (donor < 0 ? "" : store.tables().column(Field::kDonor)[static_cast<std::size_t>(donor)]) << '\t'
          << obs.source_row[i] << '\n';
  }
}

void expect_python_agrees(float unit, const char* dtype) {
  const sctab::tests::TemporaryFolder folder;
  tests::Simulation simulation;
  simulation.n_cells = 1500;
  simulation.fractions = {0.9, 0.05, 0.05};
  simulation.unit = unit;
  tests::write_simulated(folder / "store", simulation);
  const Store store = Store::open(folder / "store");
  write_expected(store, Split::kTrain, folder.path());
  const std::string command = std::string("/usr/bin/python3 -W error::DeprecationWarning:__main__ ") +
                              (sctab::tests::source_folder() / "tests/store/check_shard.py").string() + " " +
                              (folder / "store/train-00000.h5ad").string() + " " + folder.path().string() + " " + dtype;
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST(AnnData, OpensAShardOfIntegers) {
  expect_python_agrees(1, "uint16");
}

TEST(AnnData, OpensAShardOfExpectedCounts) {
  expect_python_agrees(0.25F, "float32");
}

}  // namespace
}  // namespace sctab::store
