// A file system that fills up while a command writes: one line, exit 2, nothing left of the output, earlier output
// kept.
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "cli/test_cells.hpp"
#include "cli/trained_model.hpp"

namespace sctab::tests {
namespace {
namespace fs = std::filesystem;

/// A tmpfs of a given size; only root can make one.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& size) {
    mounted_ = ::mount("sctab-test", folder_.path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
    if (!mounted_) why_ = std::strerror(errno);
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] const fs::path& path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
  bool mounted_ = false;
  std::string why_;
};

class DiskFull : public testing::Test {
 protected:
  void SetUp() override {
    if (!disk_.mounted()) GTEST_SKIP() << "needs a small tmpfs, which cannot be mounted here: " << disk_.why();
    fs::create_directory(disk_.path() / "out");
    fs::copy_file(trained_.store / "store.json", disk_.path() / "out" / "store.json");
    write_truth(disk_.path() / "out" / "truth.json");
    std::ofstream(disk_.path() / "out.h5ad") << "earlier";
    distinct_types_file(6000, 10).write(folder_ / "cells.h5ad");
  }
  void expect_refused_for_space(std::vector<std::string> arguments) {
    if (arguments[0] != "annotate") arguments.emplace_back("--overwrite");
    expect_refused(arguments, disk_.path(), {disk_.path().string()});
  }
  [[nodiscard]] std::string out() const { return (disk_.path() / "out").string(); }

  TemporaryFolder folder_;
  SmallDisk disk_{"100k"};
  const TrainedModel& trained_ = TrainedModel::instance();
};

TEST_F(DiskFull, AnnotateACopyThatDoesNotFit) {
  expect_refused_for_space({"annotate", (folder_ / "cells.h5ad").string(), "-m", trained_.model.string(), "-o",
                            (disk_.path() / "out.h5ad").string()});
}

TEST_F(DiskFull, AnnotateResultsThatDoNotFit) {
  const auto size = fs::file_size(folder_ / "cells.h5ad");
  const SmallDisk disk(std::to_string(size + 40'000));
  ASSERT_TRUE(disk.mounted());
  expect_refused({"annotate", (folder_ / "cells.h5ad").string(), "-m", trained_.model.string(), "-o",
                  (disk.path() / "out.h5ad").string()},
                 disk.path(), {disk.path().string()});
}

TEST_F(DiskFull, CorpusBuild) {
  expect_refused_for_space(build_arguments(folder_ / "cells.h5ad", out(), trained_.ontology));
}

TEST_F(DiskFull, Simulate) {
  expect_refused_for_space({"simulate", "-o", out(), "--cells", "1000"});
}

/// Training keeps its run folder, as after Ctrl-C; the model itself is absent.
TEST_F(DiskFull, Train) {
  const fs::path model = disk_.path() / "model";
  const Finished finished = run_sctab(
      {"train", trained_.store.string(), "-o", model.string(), "--kind", "mlp", "--epochs", "1", "--threads", "1"});
  EXPECT_EQ(finished.exit_code, 2) << finished.err;
  EXPECT_EQ(finished.out, "");
  EXPECT_NE(finished.err.find("sctab: " + model.string()), std::string::npos) << finished.err;
  EXPECT_FALSE(fs::exists(model));
}

}  // namespace
}  // namespace sctab::tests
