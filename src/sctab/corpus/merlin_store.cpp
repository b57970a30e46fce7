#include "sctab/corpus/merlin_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <map>
#include <mutex>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/formats/name_tables.hpp"
#include "sctab/sparse/normalise.hpp"

namespace sctab::corpus {
namespace fs = std::filesystem;
namespace {

using core::InputError;

void require_file(const fs::path& file, std::string_view what) {
  if (fs::is_regular_file(file)) return;
  throw InputError({.file = file.string(),
                    .found = "no such file",
                    .expected = std::string(what),
                    .next_step = "check that the download is complete"});
}

std::vector<std::string> read_lookup(const fs::path& directory, Coded column) {
  const fs::path file = directory / "categorical_lookup" / fmt::format("{}.parquet", name(column));
  require_file(file, fmt::format("the meaning of the codes of {}", name(column)));
  return formats::read_label_table(file).labels;
}

// The N of "part.N.parquet"; -1 for other names.
std::int64_t part_number(const std::string& file_name) {
  constexpr std::string_view kBegin = "part.", kEnd = ".parquet";
  if (file_name.size() <= kBegin.size() + kEnd.size()) return -1;
  if (!file_name.starts_with(kBegin) || !file_name.ends_with(kEnd)) return -1;
  const std::string_view number = std::string_view(file_name).substr(kBegin.size());
  return core::parse_number<std::int64_t>(number.substr(0, number.size() - kEnd.size())).value_or(-1);
}

[[noreturn]] void refuse_without_donor(const Part& part, std::int64_t row) {
  throw InputError({.file = part.file.string(),
                    .cell = fmt::format("{} (counted from 0)", row),
                    .key = "tech_sample",
                    .found = "-1: the donor of the cell is unknown",
                    .expected = "known donors in val and test, since a model is judged on people it has not seen; only "
                                "train may have such cells"});
}

// The parts of a split by number; nothing is read of them yet.
std::vector<Part> list_parts(const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw InputError({.file = folder.string(),
                      .found = "no such folder",
                      .next_step = "give the folder of the published store, which has train, val and test"});
  }
  std::map<std::int64_t, Part> parts;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::int64_t number = part_number(entry.path().filename().string());
    if (number < 0) continue;
    parts[number] = {entry.path(), 0, 0, state_of(entry.path())};
  }
  std::vector<Part> result;
  for (auto& [number, part] : parts) {
    if (number != std::ssize(result)) break;
    result.push_back(std::move(part));
  }
  if (result.size() != parts.size() || parts.empty()) {
    throw InputError(
        {.file = folder.string(),
         .found = fmt::format("has no part.{}.parquet{}", result.size(),
                              parts.empty() ? "" : fmt::format(", but a part.{}.parquet", parts.rbegin()->first)),
         .next_step = "check that the download is complete"});
  }
  return result;
}

// Whether all parts are present is known only where dask left its _metadata, the footers of all of them in one file.
bool require_all_cells(const fs::path& folder, const std::vector<Part>& parts) {
  const fs::path metadata = folder / "_metadata";
  if (!parquet::is_parquet(metadata)) return false;
  const CellIndex announced = parquet::rows_in_footer(metadata), found = parts.back().first + parts.back().n_cells;
  if (announced == found) return true;
  throw InputError(
      {.file = metadata.string(),
       .found = fmt::format("lists {}, but part.0 to part.{} have {}", core::plural(announced, "cell"),
                            parts.size() - 1, found),
       .next_step = "download the whole folder again, or move the file away if it belongs to other parts"});
}

// Positions of the columns in part_columns().
constexpr std::size_t kX = 0, kSomaJoinid = 1, kIdx = 2, kIsPrimary = 3, kFirstCoded = 4;

bool may_be_missing(Coded column) {
  return column == Coded::kDonor || column == Coded::kTechSample || column == Coded::kDevelopmentStage;
}

// A cell with counts of one gene has log1p(10,000), up to rounding.
float largest_value() {
  constexpr float kRounding = 1e-3F;
  return std::log1p(sparse::kTargetCounts) + kRounding;
}

/// Runs work(part, split) for each part of the store, several at once.
template <typename Store, typename Work>
void for_each_part(Store& store, int threads, std::string title, const Work& work) {
  std::vector<std::pair<decltype(&store.parts[0][0]), store::Split>> all;
  for (const store::Split split : store::kSplits) {
    for (auto& part : store.parts[static_cast<std::size_t>(split)]) all.emplace_back(&part, split);
  }
  core::ThreadPool pool(threads == 0 ? core::default_threads() : threads);
  core::Progress progress(std::move(title), std::ssize(all), "parts");
  std::mutex advancing;
  pool.parallel_for(std::ssize(all), [&](std::int64_t i) {
    core::check_interrupt();
    const auto& [part, split] = all[static_cast<std::size_t>(i)];
    work(*part, split);
    const std::lock_guard lock(advancing);
    progress.advance();
  });
  progress.finish();
}

}  // namespace

FileState state_of(const fs::path& file) {
  const auto since = std::chrono::file_clock::to_sys(fs::last_write_time(file)).time_since_epoch();
  return {.bytes = static_cast<std::int64_t>(fs::file_size(file)),
          .modified = std::chrono::duration_cast<std::chrono::nanoseconds>(since).count()};
}

std::string_view name(Coded column) {
  constexpr std::array<std::string_view, kNumCoded> kNames = {"dataset_id", "donor_id",          "assay",
                                                              "cell_type",  "development_stage", "disease",
                                                              "tissue",     "tissue_general",    "tech_sample"};
  return kNames.at(static_cast<std::size_t>(column));
}

const std::vector<parquet::Column>& part_columns() {
  static const std::vector<parquet::Column> columns = [] {
    std::vector<parquet::Column> result = {{"X", parquet::Type::kFloats},
                                           {"soma_joinid", parquet::Type::kInt64},
                                           {"idx", parquet::Type::kInt64},
                                           {"is_primary_data", parquet::Type::kBool}};
    for (std::size_t i = 0; i < kNumCoded; ++i) {
      result.push_back({std::string(name(static_cast<Coded>(i))), parquet::Type::kInt64});
    }
    return result;
  }();
  return columns;
}

CellIndex MerlinStore::n_cells(store::Split split) const {
  const std::vector<Part>& of_split = parts[static_cast<std::size_t>(split)];
  return of_split.empty() ? 0 : of_split.back().first + of_split.back().n_cells;
}

MerlinStore open_merlin_store(const fs::path& directory, int threads) {
  if (!fs::is_directory(directory)) {
    throw InputError({.file = directory.string(),
                      .found = "no such folder",
                      .next_step = "give the one that has var.parquet, train, val and test"});
  }
  MerlinStore store;
  store.directory = directory;
  require_file(directory / "var.parquet", "the genes");
  store.genes = formats::read_gene_table(directory / "var.parquet");
  for (std::size_t i = 0; i < kNumCoded; ++i) store.lookups[i] = read_lookup(directory, static_cast<Coded>(i));

  for (const store::Split split : store::kSplits) {
    store.parts[static_cast<std::size_t>(split)] = list_parts(directory / std::string(store::name(split)));
  }
  for_each_part(store, threads, "counting cells", [](Part& part, store::Split /*split*/) {
    part.n_cells = parquet::Reader(part.file, part_columns()).n_rows();
  });
  for (std::vector<Part>& parts : store.parts) {
    for (std::size_t i = 1; i < parts.size(); ++i) parts[i].first = parts[i - 1].first + parts[i - 1].n_cells;
  }
  for (const store::Split split : store::kSplits) {
    const auto at = static_cast<std::size_t>(split);
    store.complete[at] = require_all_cells(directory / std::string(store::name(split)), store.parts[at]);
  }
  return store;
}

void require_disjoint_donors(const MerlinStore& store, int threads) {
  const std::vector<std::string>& donors = store.lookup(Coded::kTechSample);
  std::vector<std::atomic<std::uint8_t>> splits(donors.size());  // of each donor: a bit for each split
  for_each_part(store, threads, "reading donors", [&](const Part& part, store::Split split) {
    const auto bit = static_cast<std::uint8_t>(1U << static_cast<unsigned>(split));
    parquet::Reader reader(part.file, {{std::string(name(Coded::kTechSample)), parquet::Type::kInt64}});
    std::int64_t row = -1;
    while (const parquet::Rows* rows = reader.next()) {
      for (const std::int64_t code : rows->integers(0)) {
        ++row;
        if (code == -1 && split != store::Split::kTrain) refuse_without_donor(part, row);
        // Codes out of range are refused when cells are read.
        if (code >= 0 && std::cmp_less(code, splits.size())) splits[static_cast<std::size_t>(code)] |= bit;
      }
    }
  });
  for (std::size_t donor = 0; donor < donors.size(); ++donor) {
    const std::uint8_t seen = splits[donor];
    if ((seen & (seen - 1U)) == 0) continue;
    throw InputError({.file = store.directory.string(),
                      .key = "tech_sample",
                      .found = fmt::format("{} has cells in two splits", donors[donor]),
                      .expected = "each donor in one split, since a model is judged on people it has not seen"});
  }
}

PartReader::PartReader(const MerlinStore& store, const Part& part)
    : store_(store), part_(part), reader_(part.file, part_columns()) {}

void PartReader::refuse(std::int64_t row, core::Problem problem) const {
  problem.file = part_.file.string();
  problem.cell = fmt::format("{} (counted from 0)", rows_read_ + row);
  throw core::InputError(std::move(problem));
}

void PartReader::read_codes(const parquet::Rows& rows, std::size_t column, CellBlock& block) const {
  const auto coded = static_cast<Coded>(column);
  const auto n_values = std::ssize(store_.lookup(coded));
  const std::int64_t least = may_be_missing(coded) ? -1 : 0;
  std::vector<std::int32_t>& codes = block.codes[column];
  codes.clear();
  for (const std::int64_t code : rows.integers(kFirstCoded + column)) {
    if (code < least || code >= n_values) {
      refuse(std::ssize(codes), {.key = std::string(name(coded)),
                                 .found = std::to_string(code),
                                 .expected = fmt::format("{} to {}, as categorical_lookup/{}.parquet has {} rows",
                                                         least, n_values - 1, name(coded), n_values)});
    }
    codes.push_back(static_cast<std::int32_t>(code));
  }
}

void PartReader::read_cell(std::span<const float> values, std::int64_t row, CellBlock& block) const {
  static const float largest = largest_value();
  if (std::cmp_not_equal(values.size(), store_.genes.size())) {
    refuse(row, {.key = "X",
                 .found = core::plural(std::ssize(values), "value"),
                 .expected = fmt::format("{}, one for each gene of var.parquet", store_.genes.size())});
  }
  for (std::size_t gene = 0; gene < values.size(); ++gene) {
    const float value = values[gene];
    if (value == 0) continue;
    if (!(value > 0 && value <= largest)) {
      refuse(row, {.gene = store_.genes.ids[gene],
                   .key = "X",
                   .found = fmt::format("{}", value),
                   .expected = fmt::format("0 to {:.4f}, as log1p of counts scaled to {:.0f} gives",
                                           std::log1p(sparse::kTargetCounts), sparse::kTargetCounts),
                   .next_step = "give the store of log-normalised values (sf-log1p)"});
    }
    block.cells.indices.push_back(static_cast<core::GeneIndex>(gene));
    block.cells.data.push_back(value);
  }
  block.cells.indptr.push_back(std::ssize(block.cells.indices));
  ++block.cells.n_cells;
}

bool PartReader::next(CellBlock& block) {
  const parquet::Rows* rows = reader_.next();
  if (rows == nullptr) return false;
  const auto soma_joinid = rows->integers(kSomaJoinid), idx = rows->integers(kIdx);
  const auto is_primary = rows->booleans(kIsPrimary);
  block.soma_joinid.assign(soma_joinid.begin(), soma_joinid.end());
  block.idx.assign(idx.begin(), idx.end());
  block.is_primary.assign(is_primary.begin(), is_primary.end());
  for (std::size_t column = 0; column < kNumCoded; ++column) read_codes(*rows, column, block);
  block.cells.clear(store_.genes.size());
  for (std::int64_t row = 0; row < rows->size(); ++row) {
    const auto at = static_cast<std::size_t>(row);
    const CellIndex position = part_.first + rows_read_ + row;
    if (idx[at] != position) {
      refuse(row, {.key = "idx",
                   .found = std::to_string(idx[at]),
                   .expected = fmt::format("{}, its position in the split", position),
                   .next_step = "check that no part is missing or from another store"});
    }
    if (soma_joinid[at] < 0) {
      refuse(row, {.key = "soma_joinid", .found = std::to_string(soma_joinid[at]), .expected = "0 or more"});
    }
    read_cell(rows->floats(kX, row), row, block);
  }
  rows_read_ += rows->size();
  return true;
}

}  // namespace sctab::corpus
