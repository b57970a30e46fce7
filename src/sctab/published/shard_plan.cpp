#include "sctab/published/shard_plan.hpp"

#include <algorithm>

namespace sctab::published {
namespace {

// The shards of a job's cells; all but the last have cells_per_shard.
void add_shards(ShardJob& job, store::Split split, CellIndex cells_per_shard, std::int64_t& number) {
  const CellIndex begin = job.parts.front().first, end = job.parts.back().first + job.parts.back().n_cells;
  for (CellIndex first = begin; first < end; first += cells_per_shard) {
    store::ShardPlace& place = job.shards.emplace_back();
    place.split = split;
    place.number = number++;
    place.first_position = first;
    place.end = std::min(cells_per_shard, end - first);
  }
}

}  // namespace

std::vector<FileState> ShardJob::part_states() const {
  std::vector<FileState> states;
  for (const Part& part : parts) states.push_back(part.state);
  return states;
}

std::vector<ShardJob> plan_shards(const ParquetStore& from, CellIndex cells_per_shard) {
  std::vector<ShardJob> jobs;
  for (const store::Split split : store::kSplits) {
    std::int64_t number = 0;
    ShardJob job;
    CellIndex n_cells = 0;
    const auto end_job = [&] {
      if (n_cells > 0) {
        add_shards(job, split, cells_per_shard, number);
        jobs.push_back(std::move(job));
      }
      job = {};
      n_cells = 0;
    };
    for (const Part& part : from.parts[static_cast<std::size_t>(split)]) {
      if (n_cells + part.n_cells > cells_per_shard) end_job();
      job.parts.push_back(part);
      n_cells += part.n_cells;
    }
    end_job();
  }
  return jobs;
}

}  // namespace sctab::published
