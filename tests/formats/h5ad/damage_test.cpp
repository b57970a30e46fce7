#include <gtest/gtest.h>

#include "formats/h5ad/example_cells.hpp"
#include "formats/h5ad/example_files.hpp"
#include "formats/h5ad/structure_files.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/rng.hpp"
#include "sctab/formats/h5ad/reader.hpp"

namespace sctab::h5ad {
namespace {

using namespace tests;
using sctab::tests::TemporaryFolder;

/// True where all could be read. Fails the test where something else than an InputError comes.
bool is_readable(const std::filesystem::path& path) {
  try {
    read_everything(path);
    return true;
  } catch (const core::InputError& error) {
    EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
  }
  return false;
}

TEST(Damage, NoFileNoHdf5NoAnnData) {
  const TemporaryFolder folder;
  SCTAB_EXPECT_THROW_WITH(File(folder / "a.h5ad"), core::InputError, "a.h5ad: no such file");
  SCTAB_EXPECT_THROW_WITH(File(folder.path()), core::InputError, "is not a file");
  sctab::tests::write_bytes(folder / "b.h5ad", "cell,gene,count\n");
  SCTAB_EXPECT_THROW_WITH(File(folder / "b.h5ad"), core::InputError, "b.h5ad", "not an HDF5 file");
  sctab::tests::write_bytes(folder / "c.h5ad", "");
  SCTAB_EXPECT_THROW_WITH(File(folder / "c.h5ad"), core::InputError, "c.h5ad", "not an HDF5 file");
}

TEST(Damage, EachContradictionIsNamed) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const TemporaryFolder folder;
  const auto made = sctab::tests::run_python("formats/h5ad/damaged_files.py",
                                             example_file("csr-gzip").string() + " " + folder.path().string());
  ASSERT_EQ(made.status, 0) << made.output;
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"no-x", "neither X nor raw/X"},
      {"no-obs", "has no obs"},
      {"no-obs-index", "has no index of row names"},
      {"name-not-utf8", "obs/_index: row 4 (counted from 0) holds \"M\\xFCller\", which is not UTF-8"},
      {"category-not-utf8", "obs/donor/categories: category 1 (counted from 0)"},
      {"gene-not-utf8", "var/_index: row 52"},
      {"short-obs", "obs has 100"},
      {"short-column", "has 100 rows; expected 137"},
      {"short-var", "its var has 40 rows"},
      {"short-indptr", "indptr has 130 entries; expected 138"},
      {"short-indices", "values but"},
      {"no-indices", "'indices' is missing"},
      {"falling-indptr", "indptr[50]"},
      {"negative-indptr", "indptr[0] is -3"},
      {"indptr-past-end", "indptr[137]"},
      {"indptr-before-end", "indptr ends at"},
      {"gene-out-of-range", "cell 3: has a value in a column outside of the 53 genes"},
      {"negative-gene", "outside of the 53 genes"},
      {"gene-past-2^32", "outside of the 53 genes"},
      {"cell-out-of-range", "in a row outside of the 137 cells"},
      {"bad-category", "row 2 has category 99 of 3"},
      {"no-shape", "no valid shape"},
      {"negative-shape", "no valid shape"},
      {"text-data", "single column of numbers"},
      {"two-dimensional-data", "single row of numbers"},
      {"huge-data", "declares"},
      {"compound-column", "is neither text, numbers nor booleans"},
      {"strange-column", "holds neither categories nor values with a mask"},
      {"damaged-chunk", "is damaged"},
      {"lost-chunk-of-data", "X/data: 1 of its 4 chunks is lost"},
      {"lost-chunk-of-indices", "X/indices: 1 of its 4 chunks is lost"},
      {"lost-chunk-of-indptr", "X/indptr: 1 of its 5 chunks is lost"},
      {"lost-chunk-of-codes", "obs/donor/codes: 1 of its 5 chunks is lost"},
      {"lost-chunk-of-scores", "obs/score: 1 of its 5 chunks is lost"},
      {"no-values", "obs/score: was never written"},
      {"no-chunks", "X/data: was never written"},
      {"in-another-file", "obs/score: its values lie in the file scores.bin"},
      {"external-column", "an external link to /obs/score in precious.h5, which is not followed"},
      {"virtual-column", "obs/score: is virtual: its values are those of /obs/score in precious.h5"},
      {"zeroed-genes", "X: its indices up to entry"},
      {"zeroed-cells", "X: its indices up to entry"},
      {"zeroed-offsets", "X: indptr begins with 30 zeros"},
      {"zeroed-offsets-of-genes", "X: indptr begins with 30 zeros"},
      {"scaled-and-offset", "obs/score: is compressed by scaleoffset"},
  };
  for (const auto& [name, reason] : cases) {
    SCOPED_TRACE(name);
    const auto path = folder / (std::string(name) + ".h5ad");
    SCTAB_EXPECT_THROW_WITH(read_everything(path), core::InputError, path.c_str(), reason);
  }
}

TEST(Damage, AColumnThatWasNeverWrittenHasTheValueChosenForIt) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const TemporaryFolder folder;
  const auto made = sctab::tests::run_python("formats/h5ad/damaged_files.py",
                                             example_file("csr-gzip").string() + " " + folder.path().string());
  ASSERT_EQ(made.status, 0) << made.output;
  const formats::Categorical scores = File(folder / "no-chunks-and-meant.h5ad").obs_as_text("score");
  EXPECT_EQ(scores.categories, formats::Strings{"1.5"});
}

TEST(Damage, CutOffAnywhere) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const TemporaryFolder folder;
  for (const char* name : {"csr-lzf", "legacy"}) {
    const std::string whole = sctab::tests::read_bytes(example_file(name));
    for (std::size_t i = 0; i < 150; ++i) {
      const std::size_t length = whole.size() * i / 150;
      sctab::tests::write_bytes(folder / "cut.h5ad", std::string_view(whole).substr(0, length));
      EXPECT_FALSE(is_readable(folder / "cut.h5ad")) << name << " cut to " << length << " of " << whole.size();
    }
  }
}

TEST(Damage, AnyByteFlipped) {
  SCTAB_NEED_PYTHON_ANNDATA();
  const TemporaryFolder folder;
  constexpr std::size_t kFlips = 100;
  for (const char* name : {"csr-f4", "csr-gzip", "csc-lzf", "dense-gzip", "legacy"}) {
    const std::string whole = sctab::tests::read_bytes(example_file(name));
    const std::string fate = fate_of(kFlips, 60, [&](std::size_t flip) {
      core::Rng rng = core::Rng(1).child(name, flip);
      std::string damaged = whole;
      damaged[rng.below(whole.size())] = static_cast<char>(rng.below(256));
      sctab::tests::write_bytes(folder / "flipped.h5ad", damaged);
      (void)is_readable(folder / "flipped.h5ad");
    });
    EXPECT_EQ(fate, "") << name;
  }
}

}  // namespace
}  // namespace sctab::h5ad
