#pragma once

#include <array>
#include <filesystem>

#include "sctab/linalg/pca.hpp"

namespace sctab::model {

struct PcaResult {
  std::int64_t n_components = 0;
  double share_of_variance = 0;           // that the components hold
  std::array<std::int64_t, 3> n_cells{};  // of train, val and test
  double seconds = 0;
};

/// Finds the components of the store's training cells and leaves a folder at `out`, whole or not at all: pca.json (what
/// they were found on, and the variance of each), genes.tsv, components.npy (n_genes × n_components), mean.npy, and the
/// components of all cells in train.npy, val.npy and test.npy (n_cells × n_components, in store order), float32.
/// threads: 0: all. Shows progress. Throws InputError as core::StagedFolder does: earlier components at `out` are only
/// replaced with `overwrite`.
PcaResult write_pca(const store::Store& store, const linalg::PcaOptions& options, int threads,
                    const std::filesystem::path& out, bool overwrite = false);

}  // namespace sctab::model
