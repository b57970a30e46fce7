#pragma once

#include <span>
#include <vector>

#include "sctab/linalg/pca.hpp"

namespace sctab::model {

// pca+linear: logistic regression on principal components, all divided by the standard deviation of the first, so that
// one learning rate suits every corpus. Arrays: those of add_pca(), "weight" (n_types × n_components), "bias" and
// "cells_per_type".

/// Divides rows of components by the standard deviation of the first component.
void scale_components(const linalg::Pca& pca, std::span<float> components);

/// components · weightᵀ + bias. components: n × depth; weight: n_types × depth.
std::vector<float> logits(std::span<const float> components, std::span<const float> weight,
                          std::span<const float> bias);

}  // namespace sctab::model
