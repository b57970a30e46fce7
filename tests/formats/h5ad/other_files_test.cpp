// Files that lead into other files: refused, unless that is allowed, and then checked as closely as themselves.
#include <gtest/gtest.h>

#include "formats/h5ad/example_cells.hpp"
#include "formats/h5ad/example_files.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/h5ad/reader.hpp"

namespace sctab::h5ad {
namespace {

using namespace tests;

class OtherFiles : public testing::Test {
 protected:
  void SetUp() override {
    SCTAB_NEED_PYTHON_ANNDATA();
    const auto made =
        sctab::tests::run_python("formats/h5ad/other_files.py", original_.string() + " " + folder_.path().string());
    ASSERT_EQ(made.status, 0) << made.output;
  }
  [[nodiscard]] File open(const std::string& name) const {
    return File(folder_ / (name + ".h5ad"), {.allow_external = true});
  }
  std::filesystem::path original_ = example_file("csr-gzip");
  sctab::tests::TemporaryFolder folder_;
};

TEST_F(OtherFiles, AreReadWhereThatIsAllowed) {
  for (const char* name : {"linked", "linked-group", "linked-twice", "sub/chain", "values"}) {
    SCOPED_TRACE(name);
    EXPECT_THROW(File(folder_ / (std::string(name) + ".h5ad")), core::InputError);
    const File file = open(name);
    expect_same(read_all(file, "X"), example_counts());
    for (const char* column : {"donor", "score"}) {
      EXPECT_EQ(file.obs_as_text(column).codes, File(original_).obs_as_text(column).codes);
      EXPECT_EQ(file.obs_as_text(column).categories, File(original_).obs_as_text(column).categories);
    }
  }
}

TEST_F(OtherFiles, AreNotCopied) {
  for (const char* name : {"linked", "values"}) {
    SCTAB_EXPECT_THROW_WITH((void)open(name).copy_to(folder_ / "copy.h5ad"), core::InputError, "leads into other files",
                            "-o FILE.csv");
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "copy.h5ad"));
}

TEST_F(OtherFiles, ThatAreMissingDamagedOrNoFilesAreNamed) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"nowhere", "has a link into none.h5, which is not there"},
      {"fifo", "fifo: is a FIFO"},
      {"damaged", "half.h5: "},
      {"text", "text.h5: is not an HDF5 file, and a link leads into it"},
      {"short", "short.bin: has "},
      {"pipe", "fifo: is a FIFO"},
      {"itself", "itself.h5ad"},
  };
  for (const auto& [name, reason] : cases) {
    SCTAB_EXPECT_THROW_WITH((void)read_all(open(name), "X"), core::InputError, reason);
  }
}

}  // namespace
}  // namespace sctab::h5ad
