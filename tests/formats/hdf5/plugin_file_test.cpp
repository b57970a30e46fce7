#include <gtest/gtest.h>
#include <hdf5.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "sctab/formats/hdf5/array_reader.hpp"
#include "sctab/formats/hdf5/handle.hpp"
#include "sctab/formats/hdf5/text_reader.hpp"
#include "support/fixtures.hpp"

namespace sctab::hdf5::tests {
namespace {

std::vector<std::string> names_in(hid_t group) {
  std::vector<std::string> names;
  const auto add = [](hid_t, const char* name, const H5L_info_t*, void* list) -> herr_t {
    static_cast<std::vector<std::string>*>(list)->emplace_back(name);
    return 0;
  };
  EXPECT_GE(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names), 0);
  return names;
}

TEST(PluginFile, EveryFilterGivesThePlainValues) {
  const char* const path = std::getenv("SCTAB_PLUGIN_FILE");
  if (path == nullptr) GTEST_SKIP() << "needs the file of tests/formats/hdf5/plugin_file.py in $SCTAB_PLUGIN_FILE";
  const Lock lock;
  const Handle file = open_file(path, Access::kRead), plain = open_group(file.id(), "plain");
  int n_arrays = 0;
  for (const std::string& filter : names_in(file.id())) {
    const Handle group = open_group(file.id(), filter);
    for (const std::string& name : names_in(group.id())) {
      SCOPED_TRACE(filter + "/" + name);
      ++n_arrays;
      if (name == "texts") {
        EXPECT_EQ(read_texts(open_dataset(group.id(), name).id()), read_texts(open_dataset(plain.id(), name).id()));
        continue;
      }
      const auto found = read_numbers<double>(open_dataset(group.id(), name));
      EXPECT_TRUE(found == read_numbers<double>(open_dataset(plain.id(), name)));
    }
  }
  EXPECT_GT(n_arrays, 1000);
}

/// The same cells by anndata 0.13, without compression and behind filters.
TEST(RealFilters, GiveThePlainFilesValues) {
  SCTAB_NEED_SHARED(folder, "data/raw_formats/anndata_0.13");
  const Lock lock;
  const Handle plain = open_file(folder / "default.h5ad", Access::kRead);
  for (const char* name : {"zstd.h5ad", "lz4.h5ad", "lzf.h5ad"}) {
    SCOPED_TRACE(name);
    const Handle file = open_file(folder / name, Access::kRead);
    for (const char* array : {"X/data", "X/indices", "X/indptr"}) {
      EXPECT_TRUE(read_numbers<double>(open_dataset(file.id(), array)) ==
                  read_numbers<double>(open_dataset(plain.id(), array)))
          << array;
    }
    for (const char* column : {"obs/_index/values", "obs/cell_type/categories", "obs/donor_id/categories"}) {
      EXPECT_EQ(read_texts(open_dataset(file.id(), column).id()), read_texts(open_dataset(plain.id(), column).id()))
          << column;
    }
  }
}

}  // namespace
}  // namespace sctab::hdf5::tests
