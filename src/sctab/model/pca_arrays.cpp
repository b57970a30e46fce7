#include "sctab/model/pca_arrays.hpp"

namespace sctab::model {

void add_pca(const linalg::Pca& pca, model::ModelArrays& arrays) {
  arrays.add("pca.mean", {pca.n_genes}, pca.mean);
  arrays.add("pca.components", {pca.n_genes, pca.n_components}, pca.components);
  arrays.add("pca.variance", {pca.n_components}, {pca.variance.begin(), pca.variance.end()});
}

linalg::Pca pca_from(const model::ModelArrays& arrays, std::int64_t n_genes, std::int64_t n_components) {
  linalg::Pca pca;
  pca.n_genes = n_genes;
  pca.n_components = n_components;
  pca.mean = arrays.floats("pca.mean", {n_genes});
  pca.components = arrays.floats("pca.components", {n_genes, n_components});
  const std::vector<float>& variance = arrays.floats("pca.variance", {n_components});
  pca.variance.assign(variance.begin(), variance.end());
  pca.set_offset();
  return pca;
}

}  // namespace sctab::model
