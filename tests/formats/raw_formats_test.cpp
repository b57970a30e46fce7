// Files as other programs wrote them, each with what it must give: raw_formats.csv. The totals were added up by h5py,
// zarr, pandas and awk.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "sctab/core/csv.hpp"
#include "sctab/core/error.hpp"
#include "sctab/formats/cell_source.hpp"
#include "support/fixtures.hpp"

namespace sctab::formats {
namespace {

struct RawFile {
  std::string file{}, modality{}, outcome{};
  CellIndex n_cells = 0;
  GeneIndex n_genes = 0;
  std::string matrix{};
  double total = 0;
  std::vector<std::string> words{};  // of the notes, or of the refusal
};

std::vector<RawFile> expected_files() {
  core::CsvReader csv(sctab::tests::source_folder() / "tests/formats/raw_formats.csv");
  std::vector<RawFile> files;
  for (std::vector<std::string> row; csv.next(row);) {
    RawFile file{.file = row[0], .modality = row[1], .outcome = row[2], .matrix = row[5]};
    if (file.outcome == "counts") {
      file.n_cells = std::stoll(row[3]);
      file.n_genes = std::stoi(row[4]);
      file.total = std::stod(row[6]);
    }
    std::istringstream words(row[7]);
    for (std::string word; std::getline(words, word, '|');) file.words.push_back(word);
    files.push_back(std::move(file));
  }
  return files;
}

std::string joined(const std::vector<std::string>& texts) {
  return std::accumulate(texts.begin(), texts.end(), std::string(),
                         [](std::string all, const std::string& text) { return std::move(all) + text + '\n'; });
}

double total_of(RowReader& rows, const RawFile& expected) {
  double total = 0;
  CellIndex n_cells = 0;
  for (sparse::CsrMatrix block; rows.next(100, block); n_cells += block.n_cells) {
    EXPECT_EQ(block.n_genes, expected.n_genes);
    total += std::accumulate(block.data.begin(), block.data.end(), 0.0);
  }
  EXPECT_EQ(n_cells, expected.n_cells);
  return total;
}

void check_counts(const std::filesystem::path& path, const RawFile& expected, std::string& said) {
  const auto source = open_cells(path, {.modality = expected.modality});
  said = joined(source->notes());
  EXPECT_EQ(source->n_cells(), expected.n_cells);
  EXPECT_EQ(std::ssize(source->obs_names()), expected.n_cells);
  const CountsSource counts = source->find_counts(InputKind::kCounts, "");
  EXPECT_EQ(counts.matrix_path, expected.matrix);
  EXPECT_EQ(counts.n_genes, expected.n_genes);
  EXPECT_EQ(std::ssize(source->gene_names(counts.matrix_path)), expected.n_genes);
  const double total = total_of(*source->read_rows(counts.matrix_path, {}), expected);
  EXPECT_LE(std::abs(total - expected.total), 1e-6 * expected.total) << total;  // of float32
  source->require_unchanged();
}

void check_refused(const std::filesystem::path& path, const RawFile& expected, std::string& said) {
  try {
    const auto source = open_cells(path, {.modality = expected.modality});
    (void)source->find_counts(InputKind::kCounts, "");
    ADD_FAILURE() << "was not refused";
  } catch (const core::InputError& error) {
    said = error.what();
  }
}

TEST(RawFormats, GiveWhatTheTableSays) {
  SCTAB_NEED_SHARED(folder, "data/raw_formats");
  for (const RawFile& each : expected_files()) {
    SCOPED_TRACE(each.file + " " + each.modality);
    std::string said;
    try {
      (each.outcome == "counts" ? check_counts : check_refused)(folder / each.file, each, said);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
    for (const std::string& word : each.words) EXPECT_NE(said.find(word), std::string::npos) << word << " in " << said;
  }
}

/// So that a file that joins the folder is not forgotten.
TEST(RawFormats, NameEveryFileOfTheFolder) {
  SCTAB_NEED_SHARED(folder, "data/raw_formats");
  const std::vector<RawFile> files = expected_files();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().lexically_relative(folder).string();
    const bool is_of_others =
        path.ends_with("make.py") || path.ends_with("expected.csv") || path.ends_with("_meta.csv.gz");
    if (entry.is_directory() || is_of_others) continue;
    const bool is_named = std::any_of(files.begin(), files.end(), [&path](const RawFile& each) {
      return path == each.file || path.starts_with(each.file + "/");
    });
    EXPECT_TRUE(is_named) << path;
  }
}

}  // namespace
}  // namespace sctab::formats
