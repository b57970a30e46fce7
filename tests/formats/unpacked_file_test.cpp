#include "sctab/formats/unpacked_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "sctab/core/error.hpp"
#include "sctab/core/memory_budget.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "support/bytes.hpp"
#include "support/fixtures.hpp"
#include "support/gzip_bytes.hpp"
#include "support/h5ad_file.hpp"

namespace sctab::formats {
namespace {

namespace fs = std::filesystem;
using sctab::tests::gzip_bytes;
using sctab::tests::read_bytes;
using sctab::tests::write_bytes;

class Unpacked : public testing::Test {
 protected:
  Unpacked() {
    cells_.write(folder_ / "a.h5ad");
    bytes_ = read_bytes(folder_ / "a.h5ad");
    write_bytes(folder_ / "a.h5ad.gz", gzip_bytes(bytes_));
  }

  /// All counts of a source, read in small blocks.
  static sparse::CsrMatrix rows_of(const CellSource& source) {
    const CountsSource counts = source.find_counts(InputKind::kCounts, "");
    sparse::CsrMatrix all, block;
    all.clear(counts.n_genes);
    const auto rows = source.read_rows(counts.matrix_path, {});
    while (rows->next(7, block)) {
      for (CellIndex cell = 0; cell < block.n_cells; ++cell) {
        all.append_row(block.row(cell).indices, block.row(cell).data);
      }
    }
    return all;
  }

  sctab::tests::TemporaryFolder folder_;
  sctab::tests::H5adFile cells_ = sctab::tests::small_file(2, 1);
  std::string bytes_;
};

/// Makes standard input another for as long as this lives.
class OtherStandardInput {
 public:
  explicit OtherStandardInput(int descriptor) : earlier_(::dup(STDIN_FILENO)) {
    (void)::dup2(descriptor, STDIN_FILENO);
    (void)::close(descriptor);
  }
  ~OtherStandardInput() {
    (void)::dup2(earlier_, STDIN_FILENO);
    (void)::close(earlier_);
  }
  OtherStandardInput(const OtherStandardInput&) = delete;
  OtherStandardInput& operator=(const OtherStandardInput&) = delete;

 private:
  int earlier_;
};

/// $TMPDIR, for as long as this lives.
class OtherTemporaryFolder {
 public:
  explicit OtherTemporaryFolder(const fs::path& folder) {
    if (const char* earlier = std::getenv("TMPDIR")) earlier_ = earlier;
    (void)::setenv("TMPDIR", folder.c_str(), 1);
  }
  ~OtherTemporaryFolder() {
    if (earlier_) {
      (void)::setenv("TMPDIR", earlier_->c_str(), 1);
    } else {
      (void)::unsetenv("TMPDIR");
    }
  }
  OtherTemporaryFolder(const OtherTemporaryFolder&) = delete;
  OtherTemporaryFolder& operator=(const OtherTemporaryFolder&) = delete;

 private:
  std::optional<std::string> earlier_;
};

TEST_F(Unpacked, GivesWhatTheFileInsideHolds) {
  const sctab::tests::TemporaryFolder temporary;
  const OtherTemporaryFolder other(temporary.path());
  auto packed = open_cells(folder_ / "a.h5ad.gz");
  for (const auto& left : fs::directory_iterator(temporary.path())) {
    EXPECT_TRUE(left.is_symlink()) << left.path() << " takes room, and would be left behind by kill -9";
  }
  const auto plain = open_cells(folder_ / "a.h5ad");
  EXPECT_EQ(packed->path(), folder_ / "a.h5ad.gz");
  EXPECT_EQ(packed->n_cells(), plain->n_cells());
  EXPECT_EQ(packed->obs_columns(), plain->obs_columns());
  EXPECT_EQ(packed->obs_names(), plain->obs_names());
  EXPECT_EQ(packed->obs_as_text("donor_id").categories, plain->obs_as_text("donor_id").categories);
  EXPECT_EQ(packed->gene_names("X"), plain->gene_names("X"));
  EXPECT_EQ(packed->gene_symbols("X"), plain->gene_symbols("X"));
  EXPECT_EQ(rows_of(*packed).data, cells_.counts.data);
  EXPECT_EQ(rows_of(*packed).indices, cells_.counts.indices);
  packed.reset();
  EXPECT_TRUE(fs::is_empty(temporary.path()));
}

TEST_F(Unpacked, ResultsGoIntoACopyOfWhatWasInside) {
  const auto source = open_cells(folder_ / "a.h5ad.gz");
  const auto sink = source->copy_to(folder_ / "out.h5ad");
  sink->append_obsm("X_sctab", 1, std::vector<float>(cells_.n_cells()));
  sink->put_obs({"score", Reals32(cells_.n_cells(), 0.5F)});
  sink->put_uns("sctab", {{"model", "m"}});
  sink->close();
  const h5ad::File out(folder_ / "out.h5ad");
  EXPECT_TRUE(out.has_obs("score"));
  EXPECT_EQ(rows_of(out).data, cells_.counts.data);
}

TEST_F(Unpacked, MessagesNameTheFileThatWasGiven) {
  std::string damaged = bytes_;
  damaged.resize(damaged.size() / 2);
  write_bytes(folder_ / "cut.h5ad.gz", gzip_bytes(damaged));
  SCTAB_EXPECT_THROW_WITH(open_cells(folder_ / "cut.h5ad.gz"), core::InputError, "cut.h5ad.gz");
  const std::string packed = gzip_bytes(bytes_);
  write_bytes(folder_ / "short.h5ad.gz", packed.substr(0, packed.size() / 2));
  SCTAB_EXPECT_THROW_WITH(open_cells(folder_ / "short.h5ad.gz"), core::InputError, "short.h5ad.gz");
  const auto source = open_cells(folder_ / "a.h5ad.gz");
  try {
    (void)source->obs("none");
    FAIL();
  } catch (const core::InputError& error) {
    EXPECT_EQ(error.problem().file, (folder_ / "a.h5ad.gz").string());
    EXPECT_EQ(std::string(error.what()).find("/proc"), std::string::npos) << error.what();
  }
  SCTAB_EXPECT_THROW_WITH((void)source->find_counts(InputKind::kCounts, "none"), core::InputError, "a.h5ad.gz");
  SCTAB_EXPECT_THROW_WITH((void)source->copy_to(folder_ / "none/x.h5ad")->close(), core::InputError, "none/x.h5ad");
}

TEST_F(Unpacked, NoticesThatThePackedFileChanged) {
  const auto source = open_cells(folder_ / "a.h5ad.gz");
  source->require_unchanged();
  write_bytes(folder_ / "a.h5ad.gz", gzip_bytes(bytes_, 1) + std::string(3, '\0'));
  SCTAB_EXPECT_THROW_WITH(source->require_unchanged(), core::InputError, "a.h5ad.gz", "changed while it was read");
  EXPECT_EQ(rows_of(*source).data, cells_.counts.data) << "which was read when it was opened";
}

TEST_F(Unpacked, StandardInputIsReadToItsEnd) {
  for (const bool packed : {false, true}) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const std::string sent = packed ? gzip_bytes(bytes_) : bytes_;
    std::thread writer([&, to = ends[1]] {
      std::size_t done = 0;
      while (done < sent.size()) {
        const ssize_t n = ::write(to, sent.data() + done, std::min<std::size_t>(sent.size() - done, 1'000));
        if (n <= 0) break;
        done += static_cast<std::size_t>(n);
      }
      (void)::close(to);
    });
    {
      const OtherStandardInput other(ends[0]);
      std::unique_ptr<CellSource> source;
      EXPECT_NO_THROW(source = open_cells("-"));
      writer.join();
      ASSERT_NE(source, nullptr);
      EXPECT_EQ(source->path(), "standard input");
      source->require_unchanged();
      EXPECT_EQ(rows_of(*source).data, cells_.counts.data);
      SCTAB_EXPECT_THROW_WITH((void)source->obs("none"), core::InputError, "standard input");
    }
  }
}

TEST_F(Unpacked, RefusesStandardInputThatHoldsNoCells) {
  {
    const OtherStandardInput other(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    SCTAB_EXPECT_THROW_WITH(open_cells("-"), core::InputError, "standard input", "device");
  }
  write_bytes(folder_ / "junk", std::string(100, '\1'));
  const OtherStandardInput other(::open((folder_ / "junk").c_str(), O_RDONLY | O_CLOEXEC));
  SCTAB_EXPECT_THROW_WITH(open_cells("-"), core::InputError, "standard input", "is not in a format");
}

TEST_F(Unpacked, NamesTheTemporaryFolderThatCannotBeWritten) {
  const OtherTemporaryFolder other(folder_ / "none");
  SCTAB_EXPECT_THROW_WITH(open_cells(folder_ / "a.h5ad.gz"), core::InputError, "a.h5ad.gz", "TMPDIR");
}

TEST_F(Unpacked, RefusesToFillMemory) {
  if (!fs::is_directory("/dev/shm")) GTEST_SKIP() << "no folder in memory at /dev/shm";
  const OtherTemporaryFolder other("/dev/shm");
  write_bytes(folder_ / "bomb.h5ad.gz", gzip_bytes(bytes_ + std::string(5'000'000, '\0')));
  core::set_memory_budget(2'000'000);
  SCTAB_EXPECT_THROW_WITH(open_cells(folder_ / "bomb.h5ad.gz"), core::InputError, "bomb.h5ad.gz", "/dev/shm",
                          "takes memory");
  core::set_memory_budget(0);
}

}  // namespace
}  // namespace sctab::formats
