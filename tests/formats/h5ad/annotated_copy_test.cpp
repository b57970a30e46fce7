#include "sctab/formats/h5ad/annotated_copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/input_file.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/formats/h5ad/reader.hpp"
#include "sctab/formats/h5ad/writer.hpp"
#include "sctab/formats/hdf5/value.hpp"
#include "support/changed_calls.hpp"
#include "support/fixtures.hpp"

namespace sctab::h5ad {
namespace {

using namespace formats;
namespace fs = std::filesystem;

constexpr std::int64_t kCopiedCells = 5'000;
constexpr std::int64_t kWidth = 7;

void write_empty_cells(const std::filesystem::path& path, std::int64_t n_cells) {
  Writer writer(path, 3);
  Strings names;
  sparse::CsrMatrix cells;
  cells.clear(3);
  for (std::int64_t cell = 0; cell < n_cells; ++cell) {
    names.push_back(fmt::format("cell-{}", cell));
    cells.append_row({}, {});
  }
  writer.append(cells.view());
  writer.write_obs(names, {});
  writer.write_var({"A", "B", "C"}, {});
  writer.close();
}

void make_copy(const fs::path& from, const fs::path& to, const std::stop_token& stop = {}) {
  duplicate_file(core::open_input(from), from, to, stop);
}

/// obsm/X_sctab of a file, and its shape.
std::vector<float> embedding(const std::filesystem::path& path, std::vector<std::int64_t>& shape) {
  const hdf5::Lock lock;
  const hdf5::Handle file = hdf5::open_file(path, hdf5::Access::kRead);
  const hdf5::Handle dataset = hdf5::open_dataset(file.id(), "obsm/X_sctab");
  shape = hdf5::dimensions(dataset.id());
  std::vector<float> values(static_cast<std::size_t>(shape.at(0) * shape.at(1)));
  EXPECT_GE(H5Dread(dataset.id(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  return values;
}

TEST(AnnotatedCopy, RefusesAFileThatChanged) {
  const sctab::tests::TemporaryFolder folder;
  const fs::path path = folder / "in.h5ad", out = folder / "out.h5ad";
  write_empty_cells(path, 30);
  const std::vector<float> rows(30 * kWidth);
  const auto add_results = [&] {
    AnnotatedCopy copy(core::open_input(path), path, out, 30);
    copy.append_obsm("X_sctab", kWidth, rows);
    copy.put_uns("sctab", nlohmann::json::object());
  };
  {
    const File before(path);
    fs::resize_file(path, fs::file_size(path) / 2);
    SCTAB_EXPECT_THROW_WITH((void)before.copy_to(out), core::InputError, "in.h5ad", "changed while it was read");
  }
  write_empty_cells(path, 20);
  SCTAB_EXPECT_THROW_WITH(add_results(), core::InputError, "in.h5ad", "changed while it was read");
}

TEST(AnnotatedCopy, HoldsAllRowsInOrderForAnyPieces) {
  const sctab::tests::TemporaryFolder folder;
  write_empty_cells(folder / "x.h5ad", kCopiedCells);
  std::vector<float> rows;
  for (std::int64_t i = 0; i < kCopiedCells * kWidth; ++i) rows.push_back(static_cast<float>(i));
  for (const std::int64_t cells_at_once : {3, 1'024, 5'000}) {
    const auto target = folder / fmt::format("{}.h5ad", cells_at_once);
    AnnotatedCopy copy(core::open_input(folder / "x.h5ad"), folder / "x.h5ad", target, kCopiedCells);
    for (std::int64_t cell = 0; cell < kCopiedCells; cell += cells_at_once) {
      const std::int64_t n = std::min(cells_at_once, kCopiedCells - cell);
      copy.append_obsm(
          "X_sctab", kWidth,
          std::span(rows).subspan(static_cast<std::size_t>(cell * kWidth), static_cast<std::size_t>(n * kWidth)));
    }
    copy.put_obs({"score", Reals32(static_cast<std::size_t>(kCopiedCells), 0.5F)});
    copy.put_uns("sctab", {{"model", "m"}});
    copy.close();
    std::vector<std::int64_t> shape;
    EXPECT_EQ(embedding(target, shape), rows);
    EXPECT_EQ(shape, (std::vector<std::int64_t>{kCopiedCells, kWidth}));
    const File file(target);
    EXPECT_TRUE(file.has_obs("score"));
    EXPECT_EQ(file.obs_names().back(), "cell-4999");
  }
}

TEST(AnnotatedCopy, TakesItsPartsInAnyOrder) {
  const sctab::tests::TemporaryFolder folder;
  write_empty_cells(folder / "x.h5ad", 4);
  AnnotatedCopy copy(core::open_input(folder / "x.h5ad"), folder / "x.h5ad", folder / "y.h5ad", 4);
  copy.put_obs({"score", Reals32(4, 0.5F)});
  copy.append_obsm("X_sctab", 1, std::vector<float>{1, 2});
  copy.put_uns("sctab", {{"model", "m"}});
  copy.append_obsm("X_sctab", 1, std::vector<float>{3, 4});
  copy.close();
  std::vector<std::int64_t> shape;
  EXPECT_EQ(embedding(folder / "y.h5ad", shape), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_TRUE(File(folder / "y.h5ad").has_obs("score"));
}

TEST(AnnotatedCopy, MayHaveNoCells) {
  const sctab::tests::TemporaryFolder folder;
  write_empty_cells(folder / "x.h5ad", 0);
  AnnotatedCopy copy(core::open_input(folder / "x.h5ad"), folder / "x.h5ad", folder / "y.h5ad", 0);
  copy.append_obsm("X_sctab", kWidth, {});
  copy.close();
  std::vector<std::int64_t> shape;
  EXPECT_TRUE(embedding(folder / "y.h5ad", shape).empty());
  EXPECT_EQ(shape, (std::vector<std::int64_t>{0, kWidth}));
}

TEST(AnnotatedCopy, MayBeLeftBeforeItIsWhole) {
  const sctab::tests::TemporaryFolder folder;
  write_empty_cells(folder / "x.h5ad", kCopiedCells);
  std::atomic<bool> begun{false};
  sctab::tests::ChangedCalls calls;
  calls.copy_file_range = [&begun](std::size_t) {  // takes minutes if nothing stops it
    begun = true;
    for (int turn = 0; turn < 100; ++turn) std::this_thread::yield();
    return 1;
  };
  for (const bool with_rows : {false, true}) {
    const auto target = folder / (with_rows ? "z.h5ad" : "y.h5ad");
    begun = false;
    {
      AnnotatedCopy copy(core::open_input(folder / "x.h5ad"), folder / "x.h5ad", target, kCopiedCells);
      if (with_rows) copy.append_obsm("X_sctab", 1, std::vector<float>(10));
      while (!begun) std::this_thread::yield();
    }
    EXPECT_LT(std::filesystem::file_size(target), std::filesystem::file_size(folder / "x.h5ad"));
  }
}

TEST(AnnotatedCopy, LetsTheCallerWaitOnceMuchWaitsForTheCopy) {
  const sctab::tests::TemporaryFolder folder;
  constexpr std::int64_t kPieces = 80, kFloats = (1 << 20) / sizeof(float);  // a cell and a megabyte each
  write_empty_cells(folder / "x.h5ad", kPieces);
  std::atomic<int> n_given{0};
  int n_given_before_the_copy = -1;
  sctab::tests::ChangedCalls calls;
  calls.copy_file_range = [&](std::size_t n) {  // begins once the caller gives no more
    constexpr int kTurns = 100'000;
    for (int seen = -1; n_given_before_the_copy < 0 && seen != n_given;) {
      seen = n_given;
      for (int turn = 0; turn < kTurns && seen == n_given; ++turn) std::this_thread::yield();
    }
    if (n_given_before_the_copy < 0) n_given_before_the_copy = n_given;
    return n;
  };
  std::vector<float> all;
  {
    AnnotatedCopy copy(core::open_input(folder / "x.h5ad"), folder / "x.h5ad", folder / "y.h5ad", kPieces);
    for (int piece = 0; piece < kPieces; ++piece) {
      const std::vector<float> row(kFloats, static_cast<float>(piece));
      all.insert(all.end(), row.begin(), row.end());
      ++n_given;
      copy.append_obsm("X_sctab", kFloats, row);
    }
    copy.close();
  }
  EXPECT_GE(n_given_before_the_copy, 1);
  EXPECT_LE(n_given_before_the_copy, 65);  // the last of them is more than 64 MB
  std::vector<std::int64_t> shape;
  EXPECT_EQ(embedding(folder / "y.h5ad", shape), all);
}

TEST(AnnotatedCopy, WhatStopsTheCopyReachesTheCaller) {
  const sctab::tests::TemporaryFolder folder;
  AnnotatedCopy none(core::FileDescriptor(), folder / "none.h5ad", folder / "y.h5ad", kCopiedCells);
  SCTAB_EXPECT_THROW_WITH(none.close(), core::InputError, "none.h5ad");
  write_empty_cells(folder / "x.h5ad", kCopiedCells);
  core::FileDescriptor from = core::open_input(folder / "x.h5ad");
  core::set_interrupted(true);
  AnnotatedCopy copy(std::move(from), folder / "x.h5ad", folder / "z.h5ad", kCopiedCells);
  EXPECT_THROW(copy.close(), core::Interrupted);
  core::set_interrupted(false);
}

TEST(FileCopy, CopiesEveryByteAndMakesTheCopyWritable) {
  const sctab::tests::TemporaryFolder folder;
  std::string text(3'000'001, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * i % 251);
  sctab::tests::write_bytes(folder / "from", text);
  fs::permissions(folder / "from", fs::perms::owner_read);
  make_copy(folder / "from", folder / "to");
  EXPECT_EQ(sctab::tests::read_bytes(folder / "to"), text);
  EXPECT_NE(fs::status(folder / "to").permissions() & fs::perms::owner_write, fs::perms::none);
}

TEST(FileCopy, CopiesAnEmptyFileAndAcrossFileSystems) {
  const sctab::tests::TemporaryFolder folder;
  sctab::tests::write_bytes(folder / "empty", "");
  make_copy(folder / "empty", folder / "copy");
  EXPECT_EQ(fs::file_size(folder / "copy"), 0U);
  const fs::path memory = "/dev/shm";
  if (!fs::is_directory(memory)) GTEST_SKIP() << "no second file system at /dev/shm";
  sctab::tests::write_bytes(folder / "from", "text");
  const fs::path target = memory / ("sctab-copy-test-" + std::to_string(::getpid()));
  make_copy(folder / "from", target);
  EXPECT_EQ(sctab::tests::read_bytes(target), "text");
  fs::remove(target);
}

TEST(FileCopy, CopiesTheFileThatIsOpen) {
  const sctab::tests::TemporaryFolder folder;
  sctab::tests::write_bytes(folder / "from", "first");
  const core::FileDescriptor open = core::open_input(folder / "from");
  ASSERT_EQ(::lseek(open.get(), 3, SEEK_SET), 3);
  sctab::tests::write_bytes(folder / "other", "second");
  fs::rename(folder / "other", folder / "from");
  for (const bool in_kernel : {true, false}) {
    sctab::tests::ChangedCalls calls;
    if (!in_kernel) calls.copy_file_range = [](std::size_t) { return 0; };
    const auto target = folder / (in_kernel ? "to" : "sent");
    duplicate_file(open, folder / "from", target);
    EXPECT_EQ(sctab::tests::read_bytes(target), "first");
    EXPECT_EQ(::lseek(open.get(), 0, SEEK_CUR), 3) << "HDF5 reads there";
  }
}

TEST(FileCopy, NamesTheCopyThatCannotBeWritten) {
  const sctab::tests::TemporaryFolder folder;
  sctab::tests::write_bytes(folder / "from", "text");
  SCTAB_EXPECT_THROW_WITH(make_copy(folder / "from", folder / "none/to"), core::InputError, "none/to",
                          "cannot be written");
}

TEST(FileCopy, GoesOnWhereTheKernelsCopyEndsEarly) {
  const sctab::tests::TemporaryFolder folder;
  std::string text(10'000, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * i % 251);
  sctab::tests::write_bytes(folder / "from", text);
  for (const std::size_t first : {0U, 4'000U}) {
    sctab::tests::ChangedCalls calls;
    calls.copy_file_range = [left = first](std::size_t n) mutable { return std::min(n, std::exchange(left, 0)); };
    const auto target = folder / std::to_string(first);
    make_copy(folder / "from", target);
    EXPECT_EQ(sctab::tests::read_bytes(target), text) << first;
  }
}

TEST(FileCopy, NamesAFileThatEndsBeforeItsSize) {
  const sctab::tests::TemporaryFolder folder;
  sctab::tests::write_bytes(folder / "from", std::string(10'000, 'x'));
  sctab::tests::ChangedCalls calls;
  calls.copy_file_range = [](std::size_t) { return 0; };
  calls.sendfile = [left = std::size_t{4'000}](std::size_t n) mutable { return std::min(n, std::exchange(left, 0)); };
  SCTAB_EXPECT_THROW_WITH(make_copy(folder / "from", folder / "to"), core::InputError, "from", "ends after");
}

TEST(FileCopy, EndsEarlyWhenAsked) {
  const sctab::tests::TemporaryFolder folder;
  sctab::tests::write_bytes(folder / "from", std::string(10'000, 'x'));
  std::stop_source stop;
  sctab::tests::ChangedCalls calls;
  calls.copy_file_range = [&stop, n_calls = 0](std::size_t) mutable {
    if (++n_calls == 3) stop.request_stop();
    return 1'000;
  };
  make_copy(folder / "from", folder / "to", stop.get_token());
  EXPECT_EQ(fs::file_size(folder / "to"), 3'000U);
}

TEST(FileCopy, NamesTheMissingFileAndStopsAtCtrlC) {
  const sctab::tests::TemporaryFolder folder;
  SCTAB_EXPECT_THROW_WITH(duplicate_file({}, folder / "none", folder / "to", {}), core::InputError, "none");
  sctab::tests::write_bytes(folder / "from", "text");
  const core::FileDescriptor from = core::open_input(folder / "from");
  core::set_interrupted(true);
  EXPECT_THROW(duplicate_file(from, folder / "from", folder / "to", {}), core::Interrupted);
  core::set_interrupted(false);
}

}  // namespace
}  // namespace sctab::h5ad
