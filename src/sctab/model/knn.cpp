#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "sctab/core/error.hpp"
#include "sctab/linalg/neighbours.hpp"
#include "sctab/linalg/pca.hpp"
#include "sctab/model/architecture.hpp"
#include "sctab/model/model_arrays.hpp"
#include "sctab/model/predictor.hpp"

namespace sctab::model {
namespace {

/// k nearest neighbours on principal components. Arrays: those of add_pca(), "reference" (n_cells × n_components, the
/// training cells), "types" (n_cells, int32 as bytes) and "neighbours" (1: k).
///
/// Each neighbour votes for its type with weight exp(−d² / d_k²), where d is its distance and d_k the distance of the
/// farthest of the k neighbours: between 1/e and 1 for any scale of the components. Near cells count more, and ties
/// between types, which are rare, go to the first type. The embedding is the components.
class Knn : public Predictor {
 public:
  Knn(const ModelArrays& arrays, const Architecture& architecture)
      : pca_(pca_from(arrays, architecture.n_genes, architecture.n_components)),
        n_types_(static_cast<std::size_t>(architecture.n_types)),
        types_(read_types(arrays)),
        reference_(arrays.floats("reference", {std::ssize(types_), architecture.n_components})),
        k_(read_neighbours(arrays)),
        search_(reference_, architecture.n_components) {
    for (const core::TypeIndex type : types_) {
      if (type < 0 || static_cast<std::size_t>(type) >= n_types_) {
        refuse("types", std::to_string(type), "positions of the model's types");
      }
    }
  }

  void predict(sparse::CsrView log_norm, std::vector<float>& probabilities,
               std::vector<float>& embedding) const override {
    const std::vector<float> components = pca_.project(log_norm);
    embedding.insert(embedding.end(), components.begin(), components.end());
    const linalg::Neighbours found = search_.find(components, k_);
    const auto k = static_cast<std::size_t>(found.k);
    std::vector<double> votes(n_types_);
    for (std::size_t begin = 0; begin < found.index.size(); begin += k) {
      const double farthest = static_cast<double>(found.squared_distance[begin + k - 1]);
      votes.assign(n_types_, 0);
      double total = 0;
      for (std::size_t i = begin; i < begin + k; ++i) {
        const double weight = farthest > 0 ? std::exp(-static_cast<double>(found.squared_distance[i]) / farthest) : 1.0;
        votes[static_cast<std::size_t>(types_[static_cast<std::size_t>(found.index[i])])] += weight;
        total += weight;
      }
      for (const double vote : votes) probabilities.push_back(static_cast<float>(vote / total));
    }
  }

 private:
  [[noreturn]] static void refuse(const std::string& array, std::string found, const char* expected) {
    throw core::InputError({.subject = "array " + array,
                            .found = std::move(found),
                            .expected = expected,
                            .next_step = "the file is damaged or belongs to another model: copy the model again"});
  }
  static std::int64_t read_neighbours(const ModelArrays& arrays) {
    constexpr float kMost = 1 << 24;  // float32 counts no further
    const float k = arrays.floats("neighbours", {1}).front();
    if (!(k >= 1 && k <= kMost && k == std::floor(k))) {
      refuse("neighbours", fmt::format("{}", k), "a whole number of 1 or more");
    }
    return static_cast<std::int64_t>(k);
  }
  /// Of at least one reference cell.
  static std::vector<core::TypeIndex> read_types(const ModelArrays& arrays) {
    const std::vector<std::uint8_t>& bytes = arrays.bytes("types");
    if (bytes.empty() || bytes.size() % sizeof(core::TypeIndex) != 0) {
      refuse("types", fmt::format("{} bytes", bytes.size()), "4 bytes for each of one or more cells");
    }
    std::vector<core::TypeIndex> types(bytes.size() / sizeof(core::TypeIndex));
    std::memcpy(types.data(), bytes.data(), types.size() * sizeof(core::TypeIndex));
    return types;
  }

  linalg::Pca pca_;
  std::size_t n_types_;
  std::vector<core::TypeIndex> types_;
  std::vector<float> reference_;
  std::int64_t k_;
  linalg::NeighbourSearch search_;
};

}  // namespace

std::unique_ptr<Predictor> load_knn(const std::filesystem::path& weights, const Architecture& architecture,
                                    const PredictorOptions& /*options*/) {
  const ModelArrays arrays = ModelArrays::read(weights);
  try {
    return std::make_unique<Knn>(arrays, architecture);
  } catch (const core::InputError& error) {
    throw error.within({.file = weights.string()});
  }
}

}  // namespace sctab::model
