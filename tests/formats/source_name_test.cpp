#include "sctab/formats/source_name.hpp"

#include <gtest/gtest.h>

namespace sctab::formats {
namespace {

namespace fs = std::filesystem;

TEST(SourceName, LosesTheEndingOfItsFormat) {
  for (const char* source : {"data/a.h5ad", "data/a.h5", "data/a.H5AD", "data/a.h5ad.gz", "data/a.csv.gz", "data/a.tsv",
                             "data/a.tar.gz", "data/a.tgz", "data/a.zarr", "data/a.zarr/", "data/a.zarr.zip",
                             "data/a.loom", "data/a.h5mu", "data/a/", "data/a", "data/a.mtx.gz", "data/a.zip"}) {
    EXPECT_EQ(path_without_ending(source), "data/a") << source;
  }
  EXPECT_EQ(path_without_ending("a.csv"), "a");
  EXPECT_EQ(path_without_ending("/a.csv"), "/a");
}

TEST(SourceName, KeepsWhatIsNoEnding) {
  EXPECT_EQ(path_without_ending("a.v2"), "a.v2");
  EXPECT_EQ(path_without_ending("a.b.h5ad"), "a.b");
  EXPECT_EQ(path_without_ending("a.csv.h5ad"), "a.csv");
  EXPECT_EQ(path_without_ending(".csv"), ".csv");
  EXPECT_EQ(path_without_ending("x/.gz"), "x/.gz");
  EXPECT_EQ(path_without_ending("ah5ad"), "ah5ad");
}

TEST(SourceName, NamesTheFolderThatADotMeans) {
  const fs::path here = fs::current_path();
  for (const char* dot : {".", "./", "a/.."}) EXPECT_EQ(path_without_ending(dot), path_without_ending(here)) << dot;
  EXPECT_EQ(path_without_ending(".."), path_without_ending(here.parent_path()));
}

}  // namespace
}  // namespace sctab::formats
