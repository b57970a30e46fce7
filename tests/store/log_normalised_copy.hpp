#pragma once

#include <array>
#include <filesystem>
#include <vector>

#include "sctab/store/loader.hpp"
#include "sctab/store/writer.hpp"

namespace sctab::store::tests {

/// A store of the same cells that holds log-normalised values.
inline Store log_normalised_copy(const Store& counts, const std::filesystem::path& directory) {
  std::array<CellIndex, kSplits.size()> n_cells{};
  for (const Split split : kSplits) n_cells[static_cast<std::size_t>(split)] = counts.n_cells(split);
  WriterOptions writing;
  writing.content = Content::kLogNormalised;
  writing.cells_per_shard = 1000;
  Writer writer(directory, counts.genes(), counts.tables(), n_cells, writing);
  for (const Split split : kSplits) {
    const ObsTable obs = counts.obs(split);
    LoaderOptions reading;
    reading.shuffle = false;
    Loader loader(counts, split, reading);
    for (Batch batch; loader.next(batch);) {
      std::vector<CellObs> cells;
      for (const CellIndex row : batch.rows) {
        const auto at = static_cast<std::size_t>(row);
        CellObs& cell = cells.emplace_back();
        for (std::size_t field = 0; field < kNumFields; ++field) cell.codes[field] = obs.codes[field][at];
        cell.source_row = obs.source_row[at];
      }
      writer.add(batch.x.view(), cells, std::vector<Split>(cells.size(), split));
    }
  }
  writer.finish(counts.ontology(), {{"made_by", "a test"}});
  return Store::open(directory);
}

}  // namespace sctab::store::tests
