#include "sctab/model/precise_tabnet.hpp"

#include <algorithm>
#include <cmath>

#include "sctab/kernels/dense_product.hpp"
#include "sctab/kernels/parallel.hpp"
#include "sctab/kernels/simplex.hpp"

namespace sctab::model {
namespace {

using Doubles = std::vector<double>;

// Float32 leaves scores within 1e-6 of their size, 3e-6 at worst, so that masks of this condition are within 3e-5.
// Of two trained networks no cell was above it: at a limit of 5, 2% of the cells of one were run again, which cost 15%
// of the time to annotate a file. Of the outputs of 17 files of random networks (tools/make_golden.py), whose scores
// are in the hundreds, 16 of 918 are then farther from float64 than twice the published float32 ones, and 7 at a limit
// of 5.
constexpr float kMostCondition = 10;

constexpr std::size_t kCellsPerBlock = 64;  // whose scores and priors are kept, inputs wide
constexpr std::int64_t kGenesPerPart = 1024;

Doubles in_double(std::span<const float> values) {
  return {values.begin(), values.end()};
}

/// Batch norm as x · scale + shift.
struct Affine {
  Doubles scale, shift;

  explicit Affine(const kernels::GhostNorm& norm) : scale(in_double(norm.weight)), shift(in_double(norm.bias)) {
    for (std::size_t j = 0; j < scale.size(); ++j) {
      scale[j] /= std::sqrt(static_cast<double>(norm.variance[j]) + static_cast<double>(norm.epsilon));
      shift[j] -= scale[j] * static_cast<double>(norm.mean[j]);
    }
  }
  [[nodiscard]] double operator()(double value, std::size_t column) const {
    return value * scale[column] + shift[column];
  }
};

/// sums += factor · weights
void add_scaled(double factor, std::span<const float> weights, double* sums) {
  for (const float weight : weights) *sums++ += factor * static_cast<double>(weight);
}

/// The row of a cell in a matrix of n_cells rows of any width.
template <typename T>
std::span<T> row_of(std::vector<T>& rows, std::int64_t n_cells, std::int64_t cell) {
  const std::size_t width = rows.size() / static_cast<std::size_t>(n_cells);
  return std::span(rows).subspan(static_cast<std::size_t>(cell) * width, width);
}

/// Calls task(cell) for each of n_cells cells.
template <typename Task>
void for_each_cell(std::int64_t n_cells, const Task& task) {
  kernels::parallel_for(n_cells, task);
}

class GluStack {
 public:
  /// sees_all: it has no mask.
  GluStack(const std::vector<TabnetView::Layer>& layers, const Affine& initial_norm, bool sees_all)
      : gene_weights_(layers.front().weight), initial_norm_(initial_norm) {
    for (const TabnetView::Layer& layer : layers) {
      norms_.emplace_back(layer.norm);
      weights_.push_back(norms_.size() == 1 ? Doubles{} : in_double(layer.weight));
    }
    if (sees_all) project_shift();
  }

  /// mask: n_cells × inputs, or empty to see all. Returns n_cells × width.
  [[nodiscard]] Doubles run(const sparse::CsrView& x, Doubles& mask) const {
    const std::int64_t n_cells = x.n_cells, n_out = std::ssize(norms_.front().scale), width = n_out / 2;
    Doubles projected(static_cast<std::size_t>(n_cells * n_out)), out(projected.size() / 2);
    for_each_cell(n_cells, [&](std::int64_t cell) {
      double* sums = row_of(projected, n_cells, cell).data();
      mask.empty() ? project(x.row(cell), sums) : project_masked(x.row(cell), row_of(mask, n_cells, cell), sums);
    });
    gate(projected, n_cells, 0, out);
    for (std::size_t layer = 1; layer < norms_.size(); ++layer) {
      kernels::product_transposed_f64(out, weights_[layer], width, projected);
      gate(projected, n_cells, layer, out);
    }
    return out;
  }

 private:
  [[nodiscard]] std::span<const float> weights_of(std::size_t gene) const {
    return gene_weights_.subspan(gene * norms_.front().scale.size(), norms_.front().scale.size());
  }

  /// What the shifts of all genes come to, in parts, for any number of threads.
  void project_shift() {
    const std::int64_t n_genes = std::ssize(initial_norm_.shift), n_out = std::ssize(norms_.front().scale);
    constant_.assign(static_cast<std::size_t>(n_out), 0.0);
    std::vector<Doubles> parts(static_cast<std::size_t>((n_genes + kGenesPerPart - 1) / kGenesPerPart), constant_);
    kernels::parallel_blocks(n_genes, kGenesPerPart, [&](std::int64_t first, std::int64_t last) {
      Doubles& part = parts[static_cast<std::size_t>(first / kGenesPerPart)];
      for (auto gene = static_cast<std::size_t>(first); gene < static_cast<std::size_t>(last); ++gene) {
        add_scaled(initial_norm_.shift[gene], weights_of(gene), part.data());
      }
    });
    for (const Doubles& part : parts) {
      std::transform(part.begin(), part.end(), constant_.begin(), constant_.begin(), std::plus<>());
    }
  }

  void project(const sparse::RowView& cell, double* sums) const {
    std::copy(constant_.begin(), constant_.end(), sums);
    for (std::size_t i = 0; i < cell.indices.size(); ++i) {
      const auto gene = static_cast<std::size_t>(cell.indices[i]);
      add_scaled(initial_norm_.scale[gene] * static_cast<double>(cell.data[i]), weights_of(gene), sums);
    }
  }

  void project_masked(const sparse::RowView& cell, std::span<const double> mask, double* sums) const {
    std::size_t i = 0;
    for (std::size_t gene = 0; gene < mask.size(); ++gene) {
      const bool is_seen = i < cell.indices.size() && static_cast<std::size_t>(cell.indices[i]) == gene;
      const double value = is_seen ? static_cast<double>(cell.data[i++]) : 0;
      if (mask[gene] != 0) add_scaled(mask[gene] * initial_norm_(value, gene), weights_of(gene), sums);
    }
  }

  /// The first half of each normalised row times the sigmoid of the second, after the first layer also residual.
  void gate(const Doubles& projected, std::int64_t n_cells, std::size_t layer, Doubles& out) const {
    const Affine& norm = norms_[layer];
    const std::size_t width = norm.scale.size() / 2;
    for_each_cell(n_cells, [&](std::int64_t cell) {
      const double* values = projected.data() + static_cast<std::size_t>(cell) * 2 * width;
      double* row = out.data() + static_cast<std::size_t>(cell) * width;
      for (std::size_t c = 0; c < width; ++c) {
        const double gated = norm(values[c], c) / (1 + std::exp(-norm(values[width + c], width + c)));
        row[c] = layer == 0 ? gated : (row[c] + gated) * std::sqrt(0.5);
      }
    });
  }

  std::span<const float> gene_weights_;
  const Affine& initial_norm_;
  std::vector<Affine> norms_;
  std::vector<Doubles> weights_;  // n_out × width; of the first layer empty
  Doubles constant_;              // n_out; empty of a stack with a mask
};

/// The scores' weights and norm of one step.
struct Attention {
  Doubles weight;
  Affine norm;

  explicit Attention(const TabnetView::Layer& layer) : weight(in_double(layer.weight)), norm(layer.norm) {}
};

class PreciseTabnet {
 public:
  explicit PreciseTabnet(const TabnetView& network)
      : options_(network.options),
        initial_norm_(network.initial_norm),
        splitter_(network.splitter, initial_norm_, true),
        attention_(network.attention.begin(), network.attention.end()),
        final_mapping_(in_double(network.final_mapping)) {
    for (const auto& step : network.steps) steps_.emplace_back(step, initial_norm_, false);
  }

  /// Adds some cells to the output.
  void run(const sparse::CsrView& x, PreciseOutput& output) const {
    Doubles mask, prior(static_cast<std::size_t>(x.n_cells * x.n_genes), 1.0);
    Doubles embedding(static_cast<std::size_t>(x.n_cells * options_.n_d), 0.0);
    Doubles out = splitter_.run(x, mask);
    for (std::size_t step = 0; step < steps_.size(); ++step) {
      mask = attend(attention_[step], out, prior, x.n_cells);
      add_rows(mask, x.n_cells, output.masks[step]);
      out = steps_[step].run(x, mask);
      add_to_embedding(out, embedding, output.weights[step]);
      std::transform(prior.begin(), prior.end(), mask.begin(), prior.begin(),
                     [&](double p, double m) { return p * (options_.gamma - m); });
    }
    Doubles logits(static_cast<std::size_t>(x.n_cells) * final_mapping_.size() /
                   static_cast<std::size_t>(options_.n_d));
    kernels::product_transposed_f64(embedding, final_mapping_, options_.n_d, logits);
    output.logits.insert(output.logits.end(), logits.begin(), logits.end());
    output.embedding.insert(output.embedding.end(), embedding.begin(), embedding.end());
  }

 private:
  /// out: n_cells × (n_d + n_a). Returns n_cells × inputs.
  [[nodiscard]] Doubles attend(const Attention& attention, Doubles& out, Doubles& prior, std::int64_t n_cells) const {
    const auto n_d = static_cast<std::size_t>(options_.n_d), n_a = static_cast<std::size_t>(options_.n_a);
    const auto simplex =
        options_.mask_type == MaskType::kEntmax ? kernels::Simplex::kEntmax15 : kernels::Simplex::kSparsemax;
    Doubles activations, scores(prior.size());
    for (std::int64_t cell = 0; cell < n_cells; ++cell) {
      const auto part = row_of(out, n_cells, cell).subspan(n_d, n_a);
      activations.insert(activations.end(), part.begin(), part.end());
    }
    kernels::product_transposed_f64(activations, attention.weight, options_.n_a, scores);
    for_each_cell(n_cells, [&](std::int64_t cell) {
      const std::span<double> row = row_of(scores, n_cells, cell);
      const std::span<const double> allowed = row_of(prior, n_cells, cell);
      for (std::size_t gene = 0; gene < row.size(); ++gene) {
        row[gene] = attention.norm(row[gene], gene) * allowed[gene];
      }
      kernels::simplex_project_f64(simplex, row);
    });
    return scores;
  }

  static void add_rows(Doubles& mask, std::int64_t n_cells, sparse::CsrMatrix& rows) {
    for (std::int64_t cell = 0; cell < n_cells; ++cell) {
      std::vector<sparse::GeneIndex> genes;
      std::vector<float> values;
      const std::span<const double> row = row_of(mask, n_cells, cell);
      for (std::size_t gene = 0; gene < row.size(); ++gene) {
        const auto value = static_cast<float>(row[gene]);
        if (value == 0) continue;
        genes.push_back(static_cast<sparse::GeneIndex>(gene));
        values.push_back(value);
      }
      rows.append_row(genes, values);
    }
  }

  /// Adds the positive values among the first n_d of each cell, and their sum to `weights`.
  void add_to_embedding(const Doubles& out, Doubles& embedding, std::vector<float>& weights) const {
    const auto n_d = static_cast<std::size_t>(options_.n_d), width = n_d + static_cast<std::size_t>(options_.n_a);
    for (std::size_t cell = 0; cell < embedding.size() / n_d; ++cell) {
      double sum = 0;
      for (std::size_t i = 0; i < n_d; ++i) {
        const double added = std::max(out[cell * width + i], 0.0);
        embedding[cell * n_d + i] += added;
        sum += added;
      }
      weights.push_back(static_cast<float>(sum));
    }
  }

  TabnetOptions options_;
  Affine initial_norm_;
  GluStack splitter_;
  std::vector<GluStack> steps_;
  std::vector<Attention> attention_;
  Doubles final_mapping_;
};

}  // namespace

std::vector<sparse::CellIndex> ill_conditioned_cells(std::span<const float> condition) {
  std::vector<sparse::CellIndex> cells;
  for (std::size_t cell = 0; cell < condition.size(); ++cell) {
    if (condition[cell] > kMostCondition) cells.push_back(static_cast<sparse::CellIndex>(cell));
  }
  return cells;
}

PreciseOutput run_precisely(const TabnetView& network, sparse::CsrView x, std::span<const sparse::CellIndex> cells) {
  const PreciseTabnet precise(network);
  PreciseOutput output;
  output.masks.resize(network.steps.size());
  output.weights.resize(network.steps.size());
  for (sparse::CsrMatrix& mask : output.masks) mask.clear(x.n_genes);
  sparse::CsrMatrix block;
  for (std::size_t first = 0; first < cells.size(); first += kCellsPerBlock) {
    block.clear(x.n_genes);
    for (const sparse::CellIndex cell : cells.subspan(first, std::min(kCellsPerBlock, cells.size() - first))) {
      block.append_row(x.row(cell).indices, x.row(cell).data);
    }
    precise.run(block.view(), output);
  }
  return output;
}

}  // namespace sctab::model
