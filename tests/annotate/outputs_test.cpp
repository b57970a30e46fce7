#include "sctab/annotate/outputs.hpp"

#include <algorithm>
#include <string>

#include "sctab/core/error.hpp"
#include "sctab/formats/parquet/parquet.hpp"
#include "support/changed_calls.hpp"
#include "support/fixtures.hpp"

namespace sctab::annotate {
namespace {
namespace fs = std::filesystem;

std::size_t n_entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

using Paths = std::vector<fs::path>;

/// The paths of all outputs of all jobs.
std::vector<std::string> planned(const Paths& inputs, const Paths& given) {
  std::vector<std::string> paths;
  for (const Job& job : plan_outputs(inputs, given)) {
    for (const Output& output : job.outputs) paths.push_back(output.path.string());
  }
  return paths;
}

using Names = std::vector<std::string>;

TEST(PlanOutputs, NamesTheOutputsAfterTheInput) {
  EXPECT_EQ(planned({"data/a.b.h5ad"}, {}), (Names{"data/a.b.sctab.h5ad", "data/a.b.sctab.csv"}));
  EXPECT_EQ(planned({"sample.v2"}, {}), (Names{"sample.v2.sctab.h5ad", "sample.v2.sctab.csv"}));
  EXPECT_EQ(planned({"x/a.h5ad", "y/a.h5ad"}, {}),
            (Names{"x/a.sctab.h5ad", "x/a.sctab.csv", "y/a.sctab.h5ad", "y/a.sctab.csv"}));
}

TEST(PlanOutputs, NamesTheOutputsAfterAFolder) {
  EXPECT_EQ(planned({"data/a/"}, {}), (Names{"data/a.sctab.h5ad", "data/a.sctab.csv"}));
  EXPECT_EQ(planned({"data/a.csv.gz"}, {}), (Names{"data/a.sctab.h5ad", "data/a.sctab.csv"}));
  EXPECT_EQ(planned({"data/a.h5mu"}, {}), (Names{"data/a.sctab.h5mu", "data/a.sctab.csv"}));
  EXPECT_EQ(planned({"data/a.h5mu.gz"}, {}), (Names{"data/a.sctab.h5mu", "data/a.sctab.csv"}));
}

TEST(PlanOutputs, GivesAZarrForAZarr) {
  EXPECT_EQ(planned({"data/a.zarr"}, {}), (Names{"data/a.sctab.zarr", "data/a.sctab.csv"}));
  EXPECT_EQ(planned({"data/a.zarr/"}, {}), (Names{"data/a.sctab.zarr", "data/a.sctab.csv"}));
  EXPECT_EQ(planned({"data/a.zarr.zip"}, {}), (Names{"data/a.sctab.zarr.zip", "data/a.sctab.csv"}));
  for (const char* name : {"x.zarr", "x.zarr/", "x.zarr.zip"}) {
    EXPECT_EQ(plan_outputs(Paths{"a.zarr"}, Paths{name})[0].outputs[0].format, OutputFormat::kZarr) << name;
  }
}

TEST(PlanOutputs, ReplacesAFolderOnlyWhereSctabWroteIt) {
  const tests::TemporaryFolder folder;
  const fs::path out = folder / "x.zarr";
  fs::create_directory(out);
  EXPECT_EQ(planned({"a.zarr"}, {out}), Names{out.string()}) << "an empty one";
  tests::write_bytes(out / ".zgroup", R"({"zarr_format": 2})");
  SCTAB_EXPECT_THROW_WITH(planned({"a.zarr"}, {out}), core::InputError, "x.zarr", "results of sctab", "another output");
  fs::create_directories(out / "uns" / "sctab");
  tests::write_bytes(out / "uns" / "sctab" / ".zgroup", R"({"zarr_format": 2})");
  EXPECT_EQ(planned({"a.zarr"}, {out}), Names{out.string()});
  tests::write_bytes(folder / "x.zarr.zip", "");
  EXPECT_EQ(planned({"a.zarr"}, {folder / "x.zarr.zip"}), Names{(folder / "x.zarr.zip").string()});
}

TEST(PlanOutputs, WantsANameForTheResultsOfStandardInput) {
  const tests::TemporaryFolder folder;
  EXPECT_EQ(planned({"-"}, {"x.h5ad"}), Names{"x.h5ad"});
  EXPECT_EQ(planned({"-"}, {"-"}), Names{"-"});
  SCTAB_EXPECT_THROW_WITH(planned({"-"}, {}), core::InputError, "standard input", "-o FILE.h5ad");
  SCTAB_EXPECT_THROW_WITH(planned({"-"}, {folder.path()}), core::InputError, "standard input", "-o FILE.h5ad");
}

TEST(PlanOutputs, TakesTheFormatFromTheEnding) {
  const auto jobs = plan_outputs(Paths{"a.h5ad"}, Paths{"x.tsv", "out/y.h5ad", "-"});
  ASSERT_EQ(jobs.size(), 1U);
  ASSERT_EQ(jobs[0].outputs.size(), 3U) << "and nothing that was not asked for";
  EXPECT_EQ(jobs[0].outputs[0].format, OutputFormat::kTsv);
  EXPECT_EQ(jobs[0].outputs[1].format, OutputFormat::kH5ad);
  EXPECT_EQ(jobs[0].outputs[2].format, OutputFormat::kCsv);
  SCTAB_EXPECT_THROW_WITH(planned({"a.h5ad"}, {"x.txt"}), core::InputError, "x.txt", "ending",
                          ".h5ad, .h5mu, .zarr, .csv, .tsv");
  SCTAB_EXPECT_THROW_WITH(planned({"a.h5ad"}, {"x"}), core::InputError, "x:", "ending");
  if (parquet::is_available()) {
    EXPECT_EQ(plan_outputs(Paths{"a.h5ad"}, Paths{"x.parquet"})[0].outputs[0].format, OutputFormat::kParquet);
  } else {
    SCTAB_EXPECT_THROW_WITH(planned({"a.h5ad"}, {"x.parquet"}), core::InputError, "x.parquet", "DuckDB");
  }
}

TEST(PlanOutputs, PutsTheOutputsOfSeveralInputsIntoAFolder) {
  const tests::TemporaryFolder folder;
  const fs::path out = folder / "out";
  for (int run = 0; run < 2; ++run) {  // the folder is made, and may be there
    EXPECT_EQ(planned({"x/a.h5ad", "b.h5"}, {out}),
              (Names{out / "a.sctab.h5ad", out / "a.sctab.csv", out / "b.sctab.h5ad", out / "b.sctab.csv"}));
    EXPECT_TRUE(fs::is_directory(out));
  }
  tests::write_bytes(folder / "file", "");
  SCTAB_EXPECT_THROW_WITH(planned({"a.h5ad", "b.h5ad"}, {folder / "file"}), core::InputError, "file", "folder");
  SCTAB_EXPECT_THROW_WITH(planned({"a.h5ad", "b.h5ad"}, {"x.csv"}), core::InputError, "x.csv", "there are 2", "folder");
  SCTAB_EXPECT_THROW_WITH(planned({"a.h5ad", "b.h5ad"}, {"-"}), core::InputError, "-o -", "folder");
  SCTAB_EXPECT_THROW_WITH(planned({"a.h5ad", "b.h5ad"}, {"x", "y"}), core::InputError, "one folder");
  SCTAB_EXPECT_THROW_WITH(planned({"a.h5ad", "b.h5ad"}, {"/no/such/folder"}), core::InputError, "/no/such/folder");
}

TEST(PlanOutputs, RefusesInputsWhoseOutputsHaveOneName) {
  const tests::TemporaryFolder folder;
  SCTAB_EXPECT_THROW_WITH(planned({"x/a.h5ad", "y/a.h5ad"}, {folder / "out"}), core::InputError, "y/a.h5ad",
                          "a.sctab.h5ad", "different names");
  EXPECT_FALSE(fs::exists(folder / "out"));
  SCTAB_EXPECT_THROW_WITH(planned({"a.h5ad", "a.h5"}, {}), core::InputError, "a.h5", "a.sctab.h5ad");
  SCTAB_EXPECT_THROW_WITH(planned({"a.h5ad", "./a.h5ad"}, {}), core::InputError, "a.h5ad");
}

TEST(PlanOutputs, RefusesTheInputAFolderAndASecondOfOneFormat) {
  const tests::TemporaryFolder folder;
  const fs::path in = folder / "in.h5ad";
  tests::write_bytes(in, "data");
  fs::create_symlink(in, folder / "link.h5ad");
  fs::create_directory(folder / "folder.csv");
  SCTAB_EXPECT_THROW_WITH(planned({in}, {in}), core::InputError, "in.h5ad", "input itself");
  SCTAB_EXPECT_THROW_WITH(planned({in}, {folder / "link.h5ad"}), core::InputError, "link.h5ad", "input itself");
  SCTAB_EXPECT_THROW_WITH(planned({in}, {folder / "x.csv", in}), core::InputError, "in.h5ad", "input itself");
  SCTAB_EXPECT_THROW_WITH(planned({in}, {folder / "folder.csv", "x.h5ad"}), core::InputError, "folder.csv",
                          "is a folder");
  SCTAB_EXPECT_THROW_WITH(planned({in}, {"x.csv", "y.csv"}), core::InputError, "y.csv", "one output of each format");
  SCTAB_EXPECT_THROW_WITH(planned({in}, {"-", "y.csv"}), core::InputError, "y.csv", "one output of each format");
  // What one input makes may be another input, too.
  tests::write_bytes(folder / "in.sctab.h5ad", "data");
  SCTAB_EXPECT_THROW_WITH(planned({in, folder / "in.sctab.h5ad"}, {}), core::InputError, "in.sctab.h5ad",
                          "input itself");
}

TEST(OutputSet, CommitsBothOverEarlierOnes) {
  const tests::TemporaryFolder folder;
  tests::write_bytes(folder / "a", "old a");
  OutputSet files;
  tests::write_bytes(files.add(folder / "a"), "new a");
  tests::write_bytes(files.add(folder / "b"), "new b");
  files.commit();
  EXPECT_EQ(tests::read_bytes(folder / "a"), "new a");
  EXPECT_EQ(tests::read_bytes(folder / "b"), "new b");
  EXPECT_EQ(n_entries(folder.path()), 2U);
}

TEST(OutputSet, BringsTheFirstBackWhereTheSecondFails) {
  const tests::TemporaryFolder folder;
  tests::write_bytes(folder / "a", "old a");
  {
    OutputSet files;
    tests::write_bytes(files.add(folder / "a"), "new a");
    files.add(folder / "b");  // never written, so that it fails
    EXPECT_THROW(files.commit(), core::InputError);
  }
  EXPECT_EQ(tests::read_bytes(folder / "a"), "old a");
  EXPECT_EQ(n_entries(folder.path()), 1U);
}

TEST(OutputSet, PlacesAFolderOverAnEarlierOneOrBringsThatBack) {
  for (const bool no_exchange : {false, true}) {
    for (const bool fails : {false, true}) {
      for (const bool is_there : {true, false}) {
        tests::ChangedCalls calls;
        calls.no_exchange = no_exchange;
        const tests::TemporaryFolder folder;
        if (is_there) {
          fs::create_directory(folder / "x.zarr");
          tests::write_bytes(folder / "x.zarr/old", "old");
        }
        {
          OutputSet files;
          const fs::path made = files.add(folder / "x.zarr");
          fs::create_directory(made);
          tests::write_bytes(made / "new", "new");
          if (fails) files.add(folder / "b");  // never written
          if (fails) {
            EXPECT_THROW(files.commit(), core::InputError);
          } else {
            EXPECT_NO_THROW(files.commit());
          }
        }
        EXPECT_EQ(fs::exists(folder / "x.zarr/new"), !fails);
        EXPECT_EQ(fs::exists(folder / "x.zarr/old"), fails && is_there);
        EXPECT_EQ(n_entries(folder.path()), !fails || is_there ? 1U : 0U);
      }
    }
  }
}

TEST(OutputSet, KeepsTheEarlierFileOnAnyFileSystem) {
  for (const bool links : {true, false}) {
    for (const bool exchange : {true, false}) {
      SCOPED_TRACE(testing::Message() << links << exchange);
      tests::ChangedCalls calls;
      calls.no_links = !links;
      calls.no_exchange = !exchange;
      const tests::TemporaryFolder folder;
      tests::write_bytes(folder / "a", "old a");
      {
        OutputSet files;
        tests::write_bytes(files.add(folder / "a"), "new a");
        files.add(folder / "b");  // never written
        EXPECT_THROW(files.commit(), core::InputError);
        EXPECT_EQ(tests::read_bytes(folder / "a"), "old a");
      }
      EXPECT_EQ(n_entries(folder.path()), 1U);
      {
        OutputSet files;
        tests::write_bytes(files.add(folder / "a"), "new a");
        tests::write_bytes(files.add(folder / "b"), "new b");
        files.commit();
        EXPECT_EQ(n_entries(folder.path()), 2U);
      }
      EXPECT_EQ(tests::read_bytes(folder / "a"), "new a");
      EXPECT_EQ(tests::read_bytes(folder / "b"), "new b");
      EXPECT_EQ(n_entries(folder.path()), 2U);
    }
  }
}

TEST(OutputSet, StandsOrFallsTogetherWhereAFolderCannotBeSynced) {
  const tests::TemporaryFolder folder;
  for (const char* name : {"first", "second"}) fs::create_directory(folder / name);
  for (const bool of_second : {false, true}) {
    tests::write_bytes(folder / "first/a", "old a");
    tests::ChangedCalls calls;
    calls.unsynced = folder / (of_second ? "second" : "first");
    {
      OutputSet files;
      tests::write_bytes(files.add(folder / "first/a"), "new a");
      tests::write_bytes(files.add(folder / "second/b"), "new b");
      SCTAB_EXPECT_THROW_WITH(files.commit(), core::InputError, calls.unsynced.c_str(), "cannot be written to disk");
    }
    EXPECT_EQ(tests::read_bytes(folder / "first/a"), of_second ? "new a" : "old a");
    EXPECT_EQ(fs::exists(folder / "second/b"), of_second);
    EXPECT_EQ(n_entries(folder / "first"), 1U);
  }
}

TEST(OutputSet, LeavesAllAsItWasWhereTheFirstFails) {
  const tests::TemporaryFolder folder;
  tests::write_bytes(folder / "a", "old a");
  tests::write_bytes(folder / "b", "old b");
  {
    OutputSet files;
    files.add(folder / "a");  // never written
    tests::write_bytes(files.add(folder / "b"), "new b");
    EXPECT_THROW(files.commit(), core::InputError);
  }
  EXPECT_EQ(tests::read_bytes(folder / "a"), "old a");
  EXPECT_EQ(tests::read_bytes(folder / "b"), "old b");
  EXPECT_EQ(n_entries(folder.path()), 2U);
}

TEST(OutputSet, LeavesNeitherWhereTheSecondFailsAndNoneWasThere) {
  const tests::TemporaryFolder folder;
  {
    OutputSet files;
    tests::write_bytes(files.add(folder / "a"), "new a");
    files.add(folder / "b");
    EXPECT_THROW(files.commit(), core::InputError);
  }
  EXPECT_EQ(n_entries(folder.path()), 0U);
}

TEST(OutputSet, BringsAllBackWhereTheThirdFails) {
  const tests::TemporaryFolder folder;
  for (const char* name : {"a", "b", "c"}) tests::write_bytes(folder / name, "old");
  {
    OutputSet files;
    tests::write_bytes(files.add(folder / "a"), "new");
    tests::write_bytes(files.add(folder / "b"), "new");
    files.add(folder / "c");
    EXPECT_THROW(files.commit(), core::InputError);
  }
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(tests::read_bytes(folder / name), "old") << name;
  EXPECT_EQ(n_entries(folder.path()), 3U);
}

TEST(OutputSet, OfOneOrNoFileIsCommittedToo) {
  const tests::TemporaryFolder folder;
  OutputSet none;
  none.commit();
  OutputSet one;
  tests::write_bytes(one.add(folder / "a"), "new");
  one.commit();
  EXPECT_EQ(tests::read_bytes(folder / "a"), "new");
  EXPECT_EQ(n_entries(folder.path()), 1U);
}

}  // namespace
}  // namespace sctab::annotate
