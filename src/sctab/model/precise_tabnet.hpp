#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sctab/kernels/batch_norm.hpp"
#include "sctab/model/architecture.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::model {

/// The weights of a TabNet by running statistics, wherever they are kept; all in float32.
struct TabnetView {
  struct Layer {
    std::span<const float> weight;  // n_out × n_in; of the first layer of a stack gene-major, inputs × n_out
    kernels::GhostNorm norm;
  };

  TabnetOptions options;
  kernels::GhostNorm initial_norm;
  std::vector<Layer> splitter;            // a stack of GLU layers
  std::vector<std::vector<Layer>> steps;  // one stack a step
  std::vector<Layer> attention;           // one a step: inputs × n_a
  std::span<const float> final_mapping;   // types × n_d
};

/// What a TabNet says of cells, rounded to float32 only at the end.
struct PreciseOutput {
  std::vector<float> logits, embedding;     // cells × types; cells × n_d
  std::vector<sparse::CsrMatrix> masks;     // one a step, (cells × inputs)
  std::vector<std::vector<float>> weights;  // one a step, of each cell: what the step adds to the embedding, summed up
};

/// The cells, ascending, that are to be run precisely. condition: the largest simplex_condition() of each cell's masks.
std::vector<sparse::CellIndex> ill_conditioned_cells(std::span<const float> condition);

/// Runs a TabNet in double, much slower than the kernels: for cells whose masks depend on the last digits of float32.
/// x: (n_cells × inputs), log-normalised; cells: which of them, ascending, at least one.
PreciseOutput run_precisely(const TabnetView& network, sparse::CsrView x, std::span<const sparse::CellIndex> cells);

}  // namespace sctab::model
