#include "sctab/nn/layer.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

namespace sctab::nn {
namespace {

at::Tensor normal(std::int64_t n_in, std::int64_t n_out, double variance, const at::Generator& generator) {
  return at::empty({n_out, n_in}).normal_(0, std::sqrt(variance), generator);
}

}  // namespace

LayerScope LayerScope::operator/(std::string_view child) const {
  LayerScope below = *this;
  below.prefix_ = full_name(child);
  return below;
}

std::string LayerScope::full_name(std::string_view name) const {
  return prefix_.empty() ? std::string(name) : fmt::format("{}.{}", prefix_, name);
}

at::Tensor LayerScope::parameter(std::string_view name, at::Tensor initial) const {
  initial.requires_grad_(true);
  state_->add_parameter(full_name(name), initial);
  return initial;
}

at::Tensor LayerScope::buffer(std::string_view name, at::Tensor initial) const {
  state_->add_buffer(full_name(name), initial);
  return initial;
}

void LayerScope::tie(std::string_view name, const at::Tensor& tensor) const {
  state_->add_tied_name(full_name(name), tensor);
}

at::Tensor LayerScope::glu_weight(std::int64_t n_in, std::int64_t n_out) const {
  return normal(n_in, n_out, 2 / std::sqrt(static_cast<double>(n_in)), generator_);
}

at::Tensor LayerScope::mapping_weight(std::int64_t n_in, std::int64_t n_out) const {
  return normal(n_in, n_out, 1 / std::sqrt(static_cast<double>(n_in)), generator_);
}

at::Tensor LayerScope::uniform(at::IntArrayRef shape, std::int64_t n_in) const {
  const double bound = 1 / std::sqrt(static_cast<double>(n_in));
  return at::empty(shape).uniform_(-bound, bound, generator_);
}

}  // namespace sctab::nn
