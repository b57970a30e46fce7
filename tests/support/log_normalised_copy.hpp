#pragma once

#include <array>
#include <filesystem>
#include <vector>

#include "sctab/store/loader.hpp"
#include "sctab/store/writer.hpp"

namespace sctab::tests {

/// A store of the same cells that holds log-normalised values.
inline store::Store log_normalised_copy(const store::Store& counts, const std::filesystem::path& directory) {
  std::array<store::CellIndex, store::kSplits.size()> n_cells{};
  for (const store::Split split : store::kSplits) n_cells[static_cast<std::size_t>(split)] = counts.n_cells(split);
  store::WriterOptions writing;
  writing.content = store::Content::kLogNormalised;
  writing.cells_per_shard = 1000;
  store::Writer writer(directory, counts.genes(), counts.tables(), n_cells, writing);
  for (const store::Split split : store::kSplits) {
    const store::ObsTable obs = counts.obs(split);
    store::LoaderOptions reading;
    reading.shuffle = false;
    store::Loader loader(counts, split, reading);
    for (store::Batch batch; loader.next(batch);) {
      std::vector<store::CellObs> cells;
      for (const store::CellIndex row : batch.rows) {
        const auto at = static_cast<std::size_t>(row);
        store::CellObs& cell = cells.emplace_back();
        for (std::size_t field = 0; field < store::kNumFields; ++field) cell.codes[field] = obs.codes[field][at];
        cell.source_row = obs.source_row[at];
      }
      writer.add(batch.x.view(), cells, std::vector<store::Split>(cells.size(), split));
    }
  }
  writer.finish(counts.ontology(), {{"made_by", "a test"}});
  return store::Store::open(directory);
}

}  // namespace sctab::tests
