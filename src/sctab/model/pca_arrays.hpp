#pragma once

#include <cstdint>

#include "sctab/linalg/pca.hpp"
#include "sctab/model/model_arrays.hpp"

namespace sctab::model {

/// Adds arrays pca.mean, pca.components and pca.variance, which are all that projecting cells needs.
void add_pca(const linalg::Pca& pca, model::ModelArrays& arrays);

/// Reads them back. Throws InputError naming the file and the array that is missing or has another shape.
linalg::Pca pca_from(const model::ModelArrays& arrays, std::int64_t n_genes, std::int64_t n_components);

}  // namespace sctab::model
