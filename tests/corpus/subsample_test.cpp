#include "sctab/corpus/subsample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "sctab/core/error.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/core/staged_output.hpp"
#include "sctab/corpus/build.hpp"
#include "sctab/store/loader.hpp"
#include "support/fixtures.hpp"
#include "support/h5ad_file.hpp"
#include "support/log_normalised_copy.hpp"
#include "support/small_ontology.hpp"

namespace sctab::corpus {
namespace {

using store::Split;
using Rows = std::set<CellIndex>;

class SubsampleTest : public ::testing::Test {
 protected:
  SubsampleTest() {
    tests::H5adFile file = tests::small_file(20, 1);
    for (std::size_t cell = 0; cell < 10; ++cell) file.obs["donor_id"][cell] = "unknown";
    for (std::size_t cell = 0; cell < 5; ++cell) file.obs["cell_type_ontology_term_id"][cell] = "CL:0000084";
    for (std::size_t cell = 0; cell < file.n_cells(); ++cell) {
      file.obs["tissue_general"].push_back(cell % 2 == 0 ? "blood" : "lung");
    }
    file.write(folder_ / "a.h5ad");
    core::write_file_atomically(folder_ / "cl.obo", tests::small_obo());
    BuildOptions options;
    options.curation.min_cells = options.curation.min_donors = options.curation.min_ancestors = 0;
    build({folder_ / "a.h5ad"}, folder_ / "whole", options);
  }
  [[nodiscard]] store::Store whole() const { return store::Store::open(folder_ / "whole"); }

  static Rows rows(const store::Store& store, Split split) {
    const store::ObsTable obs = store.obs(split);
    Rows rows(obs.source_row.begin(), obs.source_row.end());
    EXPECT_EQ(rows.size(), obs.source_row.size());
    return rows;
  }
  static std::set<std::int32_t> donors(const store::Store& store, Split split) {
    const store::ObsTable obs = store.obs(split);
    return {obs.column(Field::kDonor).begin(), obs.column(Field::kDonor).end()};
  }

  tests::TemporaryFolder folder_;
};

bool holds(const Rows& more, const Rows& less) {
  return std::includes(more.begin(), more.end(), less.begin(), less.end());
}

TEST_F(SubsampleTest, ALargerPartHoldsASmallerOneAndTheRestIsKeptWhole) {
  for (const SubsampleBy by : {SubsampleBy::kCells, SubsampleBy::kDonors}) {
    SubsampleOptions options;
    options.by = by;
    options.overwrite = true;
    Rows smaller;
    for (const double fraction : {0.15, 0.3, 0.7, 1.0}) {
      options.fraction = fraction;
      const SubsampleResult result = subsample(whole(), folder_ / "part", options);
      const store::Store part = store::Store::open(folder_ / "part");
      const Rows larger = rows(part, Split::kTrain);
      EXPECT_TRUE(holds(larger, smaller));
      EXPECT_GT(larger.size(), smaller.size());
      smaller = larger;
      EXPECT_EQ(static_cast<std::size_t>(result.train_cells), larger.size());
      EXPECT_EQ(rows(part, Split::kVal), rows(whole(), Split::kVal));
      EXPECT_EQ(rows(part, Split::kTest), rows(whole(), Split::kTest));
      EXPECT_EQ(part.tables().cell_types.size(), 4U);
      EXPECT_EQ(part.provenance().at("from").at("hash"), whole().hash());
      EXPECT_EQ(part.provenance().at("fraction"), fraction);
    }
    EXPECT_EQ(smaller, rows(whole(), Split::kTrain));
  }
}

TEST_F(SubsampleTest, ByCellsTakesThatShareOfCells) {
  SubsampleOptions options;
  options.fraction = 0.3;
  subsample(whole(), folder_ / "part", options);
  EXPECT_EQ(store::Store::open(folder_ / "part").n_cells(Split::kTrain),
            static_cast<CellIndex>(std::ceil(0.3 * static_cast<double>(whole().n_cells(Split::kTrain)))));
}

TEST_F(SubsampleTest, ByDonorsKeepsDonorsWhole) {
  SubsampleOptions options;
  options.by = SubsampleBy::kDonors;
  options.fraction = 0.5;
  const SubsampleResult result = subsample(whole(), folder_ / "part", options);
  const store::Store part = store::Store::open(folder_ / "part");
  // 19 donors and the cells without one, less 3 for validation and 3 for the test: half of 14.
  EXPECT_EQ(donors(part, Split::kTrain).size(), 7U);
  EXPECT_EQ(part.n_cells(Split::kTrain), 70);
  EXPECT_EQ(result.train_donors_before, 13);
}

TEST_F(SubsampleTest, TheCountsOfACellStayAsTheyWere) {
  subsample(whole(), folder_ / "part", SubsampleOptions());
  const store::Store from = whole(), part = store::Store::open(folder_ / "part");
  const auto counts = [](const store::Store& store, Split split) {
    std::map<CellIndex, std::map<std::string, float>> cells;
    store::LoaderOptions loading;
    loading.shuffle = loading.normalise = false;
    store::Loader loader(store, split, loading);
    const store::ObsTable obs = store.obs(split);
    store::Batch batch;
    while (loader.next(batch)) {
      for (std::size_t i = 0; i < batch.rows.size(); ++i) {
        const sparse::RowView row = batch.x.row(static_cast<CellIndex>(i));
        auto& cell = cells[obs.source_row[static_cast<std::size_t>(batch.rows[i])]];
        for (std::size_t k = 0; k < row.indices.size(); ++k) {
          cell[store.genes().ids[static_cast<std::size_t>(row.indices[k])]] = row.data[k];
        }
      }
    }
    return cells;
  };
  for (const Split split : store::kSplits) {
    const auto before = counts(from, split), after = counts(part, split);
    EXPECT_FALSE(after.empty());
    for (const auto& [row, cell] : after) EXPECT_EQ(cell, before.at(row));
  }
}

TEST_F(SubsampleTest, ValuesThatAreLogNormalisedStaySo) {
  const store::Store log = sctab::tests::log_normalised_copy(whole(), folder_ / "log");
  SubsampleOptions options;
  options.fraction = 1;
  subsample(log, folder_ / "part", options);
  const store::Store part = store::Store::open(folder_ / "part");
  EXPECT_EQ(part.content(), store::Content::kLogNormalised);
  const auto sum = [](const store::Store& store) {
    double total = 0;
    store::Loader loader(store, Split::kTrain);
    for (store::Batch batch; loader.next(batch);)
      total = std::accumulate(batch.x.data.begin(), batch.x.data.end(), total);
    return total;
  };
  EXPECT_NEAR(sum(part), sum(whole()), 1e-6 * sum(whole()));
}

TEST_F(SubsampleTest, ReportsTypesThatTrainLoses) {
  SubsampleOptions options;
  options.fraction = 0.02;  // 3 of 140 training cells: four types cannot be there
  const SubsampleResult result = subsample(whole(), folder_ / "part", options);
  EXPECT_EQ(result.train_cells, 3);
  EXPECT_FALSE(result.types_lost.empty());
  EXPECT_EQ(store::Store::open(folder_ / "part").provenance().at("types_lost_from_train"), result.types_lost);
}

/// Type codes and donor codes of each training cell, without files: choose_cells() looks at nothing else.
store::ObsTable cells_of(const std::vector<std::pair<std::int32_t, std::int32_t>>& donors_and_types) {
  store::ObsTable obs;
  for (auto& column : obs.codes) column.assign(donors_and_types.size(), 0);
  for (std::size_t cell = 0; cell < donors_and_types.size(); ++cell) {
    obs.codes[static_cast<std::size_t>(Field::kDonor)][cell] = donors_and_types[cell].first;
    obs.codes[static_cast<std::size_t>(Field::kCellType)][cell] = donors_and_types[cell].second;
    obs.source_row.push_back(static_cast<CellIndex>(cell));
  }
  return obs;
}

// 40 donors with 2 of 12 types each, of which the last are rare.
TEST(ChooseCells, KeepTypesLosesNoneWithFewMoreAndStaysNested) {
  core::Rng rng(3);
  std::vector<std::pair<std::int32_t, std::int32_t>> cells;
  for (std::int32_t donor = 0; donor < 40; ++donor) {
    for (int i = 0; i < 2; ++i) {
      const auto type = static_cast<std::int32_t>(rng.below(rng.below(3) == 0 ? 12 : 4));
      cells.insert(cells.end(), 3, {donor, type});
    }
  }
  const store::ObsTable obs = cells_of(cells);
  store::CategoryTables tables;
  for (int donor = 0; donor < 40; ++donor) {
    tables.values[static_cast<std::size_t>(Field::kDonor)].push_back(std::to_string(donor));
  }
  const auto things = [&](const std::vector<std::uint8_t>& chosen, SubsampleBy by) {
    std::map<std::int32_t, std::set<std::int32_t>> types;  // by donor or cell
    for (std::size_t cell = 0; cell < chosen.size(); ++cell) {
      const auto thing = by == SubsampleBy::kDonors ? cells[cell].first : static_cast<std::int32_t>(cell);
      if (chosen[cell] != 0) types[thing].insert(cells[cell].second);
    }
    return types;
  };
  const auto seen = [](const auto& types_of_things) {
    std::set<std::int32_t> all;
    for (const auto& [thing, types] : types_of_things) all.insert(types.begin(), types.end());
    return all;
  };
  SubsampleOptions options;
  for (options.seed = 1; options.seed < 20; ++options.seed) {
    for (options.by = SubsampleBy::kDonors;; options.by = SubsampleBy::kCells) {
      std::vector<std::uint8_t> smaller(cells.size(), 0);
      for (const double fraction : {0.05, 0.15, 0.3, 0.7, 1.0}) {
        options.fraction = fraction;
        options.keep_types = false;
        const auto plain = things(choose_cells(obs, tables, options), options.by);
        options.keep_types = true;
        const auto larger = choose_cells(obs, tables, options);
        const auto kept = things(larger, options.by);
        EXPECT_EQ(seen(kept).size(), seen(things(std::vector<std::uint8_t>(cells.size(), 1), options.by)).size());
        for (std::size_t i = 0; i < cells.size(); ++i) EXPECT_GE(larger[i], smaller[i]);
        smaller = larger;
        for (const auto& [thing, types] : plain) EXPECT_EQ(kept.count(thing), 1U) << "the seeded part stays";
        for (const auto& [thing, types] : kept) {
          if (plain.count(thing) > 0) continue;
          auto others = kept;
          others.erase(thing);
          EXPECT_LT(seen(others).size(), seen(kept).size()) << "one more than it takes";
        }
      }
      if (options.by == SubsampleBy::kCells) break;
    }
  }
}

TEST_F(SubsampleTest, KeepTypesIsOfTheTissuesThatAreAskedFor) {
  SubsampleOptions options;
  options.fraction = 0.02;
  options.keep_types = true;
  EXPECT_TRUE(subsample(whole(), folder_ / "part", options).types_lost.empty());
  EXPECT_EQ(store::Store::open(folder_ / "part").provenance().at("keep_types"), true);
  const store::ObsTable train = whole().obs(Split::kTrain);
  const std::vector<std::string> tissues = whole().tables().column(Field::kTissueGeneral);
  const auto types_in = [&](const store::ObsTable& obs, const std::vector<std::uint8_t>& chosen) {
    std::set<std::int32_t> types;
    for (std::size_t cell = 0; cell < chosen.size(); ++cell) {
      const auto tissue = static_cast<std::size_t>(obs.column(Field::kTissueGeneral)[cell]);
      if (chosen[cell] != 0 && tissues[tissue] == "lung") types.insert(obs.column(Field::kCellType)[cell]);
    }
    return types;
  };
  options.only_tissues = {"lung"};
  EXPECT_EQ(types_in(train, choose_cells(train, whole().tables(), options)),
            types_in(train, std::vector<std::uint8_t>(static_cast<std::size_t>(train.size()), 1)));
}

TEST_F(SubsampleTest, TypesLeftOutStayInTheTestAlone) {
  SubsampleOptions options;
  options.fraction = 1;
  options.without_types = {"CL:0000084"};  // T cell, and with it its subtypes
  const SubsampleResult result = subsample(whole(), folder_ / "part", options);
  const store::Store part = store::Store::open(folder_ / "part");
  const auto is_t_cell = [](const std::string& id) { return id != "CL:0000236"; };
  const auto count = [&](const store::Store& store, Split split, bool t_cells) {
    const store::ObsTable obs = store.obs(split);
    return std::ranges::count_if(obs.column(Field::kCellType), [&](std::int32_t type) {
      return is_t_cell(store.tables().cell_types[static_cast<std::size_t>(type)].id) == t_cells;
    });
  };
  for (const Split split : {Split::kTrain, Split::kVal}) {
    EXPECT_GT(count(whole(), split, true), 0);
    EXPECT_EQ(count(part, split, true), 0);
    EXPECT_GT(count(part, split, false), 0);
    EXPECT_EQ(count(part, split, false), count(whole(), split, false));
  }
  EXPECT_EQ(rows(part, Split::kTest), rows(whole(), Split::kTest));
  EXPECT_EQ(part.tables().cell_types.size(), 4U) << "test cells need their labels";
  EXPECT_EQ(result.types_left_out.size(), 3U);
  EXPECT_TRUE(result.types_lost.empty()) << "they were meant to go";
  EXPECT_EQ(part.provenance().at("types_left_out"), result.types_left_out);
}

TEST_F(SubsampleTest, WhatStaysOfTheOtherTypesIsThePartItWasWithoutLeavingAnyOut) {
  SubsampleOptions options;
  options.fraction = 0.5;
  subsample(whole(), folder_ / "part", options);
  options.without_types = {"CL:0000625", "CL:0000624"};
  subsample(whole(), folder_ / "fewer", options);
  const Rows part = rows(store::Store::open(folder_ / "part"), Split::kTrain);
  const Rows fewer = rows(store::Store::open(folder_ / "fewer"), Split::kTrain);
  EXPECT_TRUE(holds(part, fewer));
  EXPECT_LT(fewer.size(), part.size());
  EXPECT_GT(fewer.size(), 0U);
}

TEST_F(SubsampleTest, ATypeThatTheStoreHasNotCannotBeLeftOut) {
  SubsampleOptions options;
  for (const char* id : {"CL:0000010", "B cell", ""}) {
    options.without_types = {"CL:0000236", id};
    SCTAB_EXPECT_THROW_WITH(subsample(whole(), folder_ / "part", options), core::InputError, "--without-types", id,
                            "describe");
    EXPECT_FALSE(std::filesystem::exists(folder_ / "part"));
  }
  options.without_types = {"CL:0000999"};  // obsolete, and replaced by B cell
  EXPECT_EQ(subsample(whole(), folder_ / "part", options).types_left_out, std::vector<std::string>{"B cell"});
}

TEST_F(SubsampleTest, OtherTissuesStayInTheTestAlone) {
  const std::vector<std::string> tissues = whole().tables().column(Field::kTissueGeneral);
  ASSERT_FALSE(tissues.empty());
  SubsampleOptions options;
  options.fraction = 1;
  options.only_tissues = {tissues.front()};
  subsample(whole(), folder_ / "part", options);
  const store::Store part = store::Store::open(folder_ / "part");
  const auto count = [](const store::Store& store, Split split, bool first) {
    const store::ObsTable obs = store.obs(split);
    return std::ranges::count_if(obs.column(Field::kTissueGeneral),
                                 [first](auto code) { return (code == 0) == first; });
  };
  for (const Split split : {Split::kTrain, Split::kVal}) {
    EXPECT_GT(count(whole(), split, true), 0);
    EXPECT_GT(count(whole(), split, false), 0);
    EXPECT_EQ(count(part, split, true), count(whole(), split, true));
    EXPECT_EQ(count(part, split, false), 0);
  }
  EXPECT_EQ(rows(part, Split::kTest), rows(whole(), Split::kTest));
  EXPECT_EQ(part.provenance().at("only_tissues"), options.only_tissues);
  options.only_tissues = {"moon"};
  SCTAB_EXPECT_THROW_WITH(subsample(whole(), folder_ / "other", options), core::InputError, "--only-tissues", "moon",
                          tissues.front().c_str());
}

TEST_F(SubsampleTest, AnotherSeedTakesOthers) {
  SubsampleOptions options;
  const store::ObsTable train = whole().obs(Split::kTrain);
  const auto first = choose_cells(train, whole().tables(), options);
  EXPECT_EQ(first, choose_cells(train, whole().tables(), options));
  options.seed = 2;
  EXPECT_NE(first, choose_cells(train, whole().tables(), options));
}

TEST_F(SubsampleTest, BadOptionsAndOutputsAreRefused) {
  SubsampleOptions options;
  for (const double bad : {0.0, -1.0, 1.1, std::nan("")}) {
    options.fraction = bad;
    SCTAB_EXPECT_THROW_WITH(subsample(whole(), folder_ / "part", options), core::InputError, "fraction");
  }
  options.fraction = 0.5;
  SCTAB_EXPECT_THROW_WITH(subsample(whole(), folder_ / "whole", options), core::InputError, "another -o");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "part"));
}

TEST_F(SubsampleTest, AnEarlierStoreIsReplacedIfThatIsAskedFor) {
  SubsampleOptions options;
  subsample(whole(), folder_ / "part", options);
  const auto before = store::Store::open(folder_ / "part").hash();
  options.seed = 2;
  SCTAB_EXPECT_THROW_WITH(subsample(whole(), folder_ / "part", options), core::InputError,
                          "part: is a finished store of", "cells of 4 types", "--overwrite");
  EXPECT_EQ(store::Store::open(folder_ / "part").hash(), before);
  options.overwrite = true;
  tests::write_bytes(folder_ / "part" / "notes.txt", "mine");
  subsample(whole(), folder_ / "part", options);
  EXPECT_NE(store::Store::open(folder_ / "part").hash(), before);
  EXPECT_EQ(tests::read_bytes(folder_ / "part" / "notes.txt"), "mine");
}

}  // namespace
}  // namespace sctab::corpus
