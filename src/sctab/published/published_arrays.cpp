#include "sctab/published/published_arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sctab/augment/vectors.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/sha256.hpp"
#include "sctab/evaluate/evaluation.hpp"
#include "sctab/published/npy_reader.hpp"
#include "sctab/store/obs_columns.hpp"

namespace sctab::published {
namespace {

using core::InputError;

void require_shape(const NpyReader& file, const std::vector<std::int64_t>& expected, const char* what) {
  if (file.shape() == expected) return;
  throw InputError(fmt::format("{}: has shape {}, expected {}; do the files belong together?", file.path().string(),
                               file.shape_text(), what));
}

}  // namespace

std::vector<HierarchyDifference> compare_hierarchy(const std::filesystem::path& child_matrix,
                                                   const ontology::SubtypeMatrix& subtypes) {
  NpyReader file(child_matrix);
  const auto n = static_cast<std::int64_t>(subtypes.size());
  require_shape(file, {n, n}, fmt::format("{0} × {0}, as there are labels", n).c_str());
  std::vector<HierarchyDifference> differences;
  std::vector<double> row(subtypes.size());
  for (std::size_t parent = 0; parent < row.size(); ++parent) {
    file.read(row);
    for (std::size_t child = 0; child < row.size(); ++child) {
      if (row[child] != 0 && row[child] != 1) {
        throw InputError(fmt::format("{}: row {}, column {} is {}, expected 0 or 1", child_matrix.string(), parent,
                                     child, row[child]));
      }
      const bool published = row[child] == 1;
      if (published != subtypes.is_subtype(parent, child)) differences.push_back({parent, child, published});
    }
  }
  return differences;
}

WeightComparison compare_class_weights(const std::filesystem::path& class_weights,
                                       std::span<const std::int64_t> train_cells_per_type) try {
  NpyReader file(class_weights);
  const auto n_present = std::ranges::count_if(train_cells_per_type, [](std::int64_t n) { return n > 0; });
  require_shape(file, {n_present}, fmt::format("{}, as labels have training cells", n_present).c_str());
  std::vector<double> published(static_cast<std::size_t>(n_present));
  file.read(published);
  const std::vector<double> ours = evaluate::balanced_class_weights(train_cells_per_type);
  WeightComparison result;
  auto next = published.begin();
  for (std::size_t type = 0; type < ours.size(); ++type) {
    if (train_cells_per_type[type] == 0) continue;
    const double weight = *next++, difference = std::abs(weight / ours[type] - 1);
    if (!std::isfinite(weight)) {
      throw InputError(fmt::format("{}: the weight of code {} is {}", class_weights.string(), type, weight));
    }
    if (difference <= result.largest_difference) continue;
    result.largest_difference = difference;
    result.at = type;
  }
  return result;
} catch (const InputError& error) {
  return {0, 0, error.what()};
}

std::int64_t convert_vectors(const std::filesystem::path& augmentations, const genes::GeneList& genes,
                             const std::filesystem::path& output) {
  NpyReader file(augmentations);
  const std::int64_t n_vectors = file.shape().empty() ? 0 : file.shape().front();
  require_shape(file, {n_vectors, genes.size()}, fmt::format("vectors × {} genes", genes.size()).c_str());
  augment::Vectors vectors;
  vectors.genes = genes;
  vectors.values.clear(genes.size());
  std::vector<double> row(genes.ids.size());
  std::vector<core::GeneIndex> indices;
  std::vector<float> values;
  for (std::int64_t vector = 0; vector < n_vectors; ++vector) {
    core::check_interrupt();
    file.read(row);
    indices.clear();
    values.clear();
    for (std::size_t gene = 0; gene < row.size(); ++gene) {
      if (row[gene] == 0) continue;
      if (!std::isfinite(row[gene])) {
        throw InputError(fmt::format("{}: vector {} (counted from 0), gene {} is {}, expected a difference of means",
                                     augmentations.string(), vector, genes.ids[gene], row[gene]));
      }
      indices.push_back(static_cast<core::GeneIndex>(gene));
      values.push_back(static_cast<float>(row[gene]));
    }
    vectors.values.append_row(indices, values);
    const std::string nobody(augment::kNotPublished);
    vectors.origins.push_back({nobody, std::string(store::kUnknownValue), nobody, nobody, 0});
  }
  augment::write_vectors(output, vectors,
                         {{"source", augmentations.filename().string()},
                          {"source_sha256", core::sha256_of_file(augmentations)},
                          {"vectors", n_vectors}});
  return n_vectors;
}

}  // namespace sctab::published
