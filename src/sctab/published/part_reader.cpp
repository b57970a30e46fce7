#include "sctab/published/part_reader.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/sparse/normalise.hpp"

namespace sctab::published {
namespace {

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

}  // namespace

PartReader::PartReader(const ParquetStore& store, const Part& part)
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

}  // namespace sctab::published
