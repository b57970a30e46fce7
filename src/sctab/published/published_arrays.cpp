#include "sctab/published/published_arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sctab/augment/vectors.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/interrupt.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/sha256.hpp"
#include "sctab/evaluate/evaluation.hpp"
#include "sctab/formats/npy/npy.hpp"
#include "sctab/store/obs_columns.hpp"

namespace sctab::published {
namespace {

using core::InputError;

void require_shape(const npy::Reader& file, const std::vector<std::int64_t>& expected, std::string_view what) {
  if (file.shape() == expected) return;
  throw InputError({.file = file.path().string(),
                    .found = fmt::format("has shape {}", file.shape_text()),
                    .expected = std::string(what),
                    .next_step = "check that the files belong together"});
}

}  // namespace

std::vector<HierarchyDifference> compare_hierarchy(const std::filesystem::path& child_matrix,
                                                   const ontology::SubtypeMatrix& subtypes) {
  npy::Reader file(child_matrix);
  const auto n = static_cast<std::int64_t>(subtypes.size());
  require_shape(file, {n, n}, fmt::format("{0} × {0}, as there are {0} labels", n));
  std::vector<HierarchyDifference> differences;
  std::vector<double> row(subtypes.size());
  for (std::size_t parent = 0; parent < row.size(); ++parent) {
    file.read(row);
    for (std::size_t child = 0; child < row.size(); ++child) {
      if (row[child] != 0 && row[child] != 1) {
        throw InputError({.file = child_matrix.string(),
                          .subject = fmt::format("row {}, column {}", parent, child),
                          .found = fmt::format("{}", row[child]),
                          .expected = "0 or 1"});
      }
      const bool published = row[child] == 1;
      if (published != subtypes.is_subtype(parent, child)) differences.push_back({parent, child, published});
    }
  }
  return differences;
}

WeightComparison compare_class_weights(const std::filesystem::path& class_weights,
                                       std::span<const std::int64_t> train_cells_per_type) try {
  npy::Reader file(class_weights);
  const auto n_present = std::ranges::count_if(train_cells_per_type, [](std::int64_t n) { return n > 0; });
  require_shape(file, {n_present},
                fmt::format("{}, as {} have training cells", n_present, core::plural(n_present, "label")));
  std::vector<double> published(static_cast<std::size_t>(n_present));
  file.read(published);
  const std::vector<double> ours = evaluate::balanced_class_weights(train_cells_per_type);
  WeightComparison result;
  auto next = published.begin();
  for (std::size_t type = 0; type < ours.size(); ++type) {
    if (train_cells_per_type[type] == 0) continue;
    const double weight = *next++, difference = std::abs(weight / ours[type] - 1);
    if (!std::isfinite(weight)) {
      throw InputError({.file = class_weights.string(),
                        .subject = fmt::format("the weight of code {}", type),
                        .found = fmt::format("{}", weight),
                        .expected = "a finite number"});
    }
    if (difference <= result.largest_difference) continue;
    result.largest_difference = difference;
    result.at = type;
  }
  return result;
} catch (const InputError& error) {
  return {0, 0, core::format(error.problem())};
}

std::int64_t convert_vectors(const std::filesystem::path& augmentations, const genes::GeneList& genes,
                             const std::filesystem::path& output) {
  npy::Reader file(augmentations);
  const std::int64_t n_vectors = file.shape().empty() ? 0 : file.shape().front();
  require_shape(file, {n_vectors, genes.size()}, fmt::format("vectors × {} genes", genes.size()));
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
        throw InputError({.file = augmentations.string(),
                          .gene = genes.ids[gene],
                          .subject = fmt::format("vector {} (counted from 0)", vector),
                          .found = fmt::format("{}", row[gene]),
                          .expected = "a difference of means"});
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
