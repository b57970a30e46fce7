#include "sctab/store/ordered_shard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "sctab/core/numbers.hpp"
#include "sctab/core/sha256.hpp"

namespace sctab::store {

OrderedShard::OrderedShard(std::filesystem::path file, ShardPlace place, const ShardLayout& layout)
    : file_(std::move(file)),
      place_(place),
      layout_(layout),
      writer_(file_, layout.genes.size(), write_options(layout, nullptr)),
      obs_(0, place.end) {
  SCTAB_ASSERT(place.begin == 0);
}

void OrderedShard::append(sparse::CsrView cells, std::span<const CellObs> obs) {
  SCTAB_ASSERT(std::cmp_equal(obs.size(), cells.n_cells) && n_cells_ + cells.n_cells <= place_.end);
  n_values_ += cells.nnz();
  if (n_values_ > layout_.most_values) {
    throw core::InputError(
        {.file = shard_file_name(place_),
         .found = fmt::format("its {} have more values than the {} that a shard holds",
                              core::plural(place_.end, "cell"), core::format_count(layout_.most_values)),
         .next_step = "remove the cells with the most non-zero genes"});
  }
  writer_.append(cells);
  for (const CellObs& cell : obs) obs_.set(n_cells_++, cell);
}

Shard OrderedShard::finish(std::vector<formats::Column> more_obs) {
  SCTAB_ASSERT(n_cells_ == place_.end);
  std::vector<formats::Column> columns = obs_.take_columns(layout_.tables);
  std::move(more_obs.begin(), more_obs.end(), std::back_inserter(columns));
  write_tables(writer_, place_, columns, layout_.genes);
  writer_.close();
  return {shard_file_name(place_), n_cells_, static_cast<std::int64_t>(std::filesystem::file_size(file_)),
          core::sha256_of_file(file_)};
}

}  // namespace sctab::store
