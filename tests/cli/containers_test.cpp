// The same cells in every format and layout must get the same labels, digit for digit:
// tests/support/container_files.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>

#include "cli/process.hpp"
#include "cli/test_cells.hpp"
#include "cli/trained_model.hpp"
#include "support/python.hpp"

namespace sctab::tests {
namespace {
namespace fs = std::filesystem;

/// The files by what they are ("h5ad csc_raw"), written once.
class Containers : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!has_python_anndata()) return;
    folder_ = std::make_unique<TemporaryFolder>();
    distinct_types_file(60, 2).write(*folder_ / "clean.h5ad");
    const PythonResult written = run_python("support/container_files.py",
                                            (*folder_ / "clean.h5ad").string() + " " + (*folder_ / "all").string());
    ASSERT_EQ(written.status, 0) << written.output;
    std::istringstream lines(written.output);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t tab = line.find('\t');
      paths_[line.substr(0, tab)] = line.substr(tab + 1);
    }
  }
  static void TearDownTestSuite() { folder_.reset(); }

  void SetUp() override {
    SCTAB_NEED_PYTHON_ANNDATA();
    clean_ = annotate(*folder_ / "clean.h5ad").out;
    ASSERT_EQ(std::ranges::count(clean_, '\n'), 61);
  }

  static Finished annotate(const fs::path& path, const std::string& output = "-") {
    return run_sctab({"annotate", path.string(), "-m", TrainedModel::instance().model.string(), "-o", output,
                      "--threads", "2", "--quiet"});
  }

  static std::unique_ptr<TemporaryFolder> folder_;
  static std::map<std::string, fs::path> paths_;
  std::string clean_;  // the labels of the file that the others were made of
};

std::unique_ptr<TemporaryFolder> Containers::folder_;
std::map<std::string, fs::path> Containers::paths_;

TEST_F(Containers, AllGetTheSameLabels) {
  EXPECT_GE(paths_.size(), 60U);
  for (const auto& [name, path] : paths_) {
    SCOPED_TRACE(name);
    const Finished finished = annotate(path);
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_EQ(finished.out, clean_) << finished.err;
  }
}

/// What is written next to a file is read again, and gets the same labels again.
TEST_F(Containers, AllTakeResults) {
  for (const auto& [name, path] : paths_) {
    SCOPED_TRACE(name);
    const fs::path copy = *folder_ / "copy.h5ad";
    const Finished finished = annotate(path, copy.string());
    if (name.starts_with("h5mu")) continue;  // copied as they are, under whatever name
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_EQ(annotate(copy).out, clean_);
    fs::remove_all(copy);
  }
}

}  // namespace
}  // namespace sctab::tests
