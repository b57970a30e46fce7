#include "sctab/model/model_arrays.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>

#include "sctab/core/error.hpp"
#include "sctab/formats/safetensors/safetensors.hpp"

namespace sctab::model {

void ModelArrays::add(const std::string& name, std::vector<std::int64_t> shape, std::vector<float> values) {
  const bool is_empty = std::ranges::count(shape, 0) > 0;  // then the other sizes may be anything
  SCTAB_ASSERT(std::ssize(values) ==
               (is_empty ? 0 : std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>())));
  floats_[name] = {std::move(shape), std::move(values)};
}

void ModelArrays::add_bytes(const std::string& name, std::vector<std::uint8_t> bytes) {
  bytes_[name] = std::move(bytes);
}

void ModelArrays::write(const std::filesystem::path& path) const {
  std::vector<safetensors::ArrayView> views;
  for (const auto& [name, array] : floats_) {
    views.push_back({name, formats::NumberType::kF32, array.shape, std::as_bytes(std::span(array.values))});
  }
  for (const auto& [name, bytes] : bytes_) {
    views.push_back({name, formats::NumberType::kU8, {std::ssize(bytes)}, std::as_bytes(std::span(bytes))});
  }
  safetensors::write(path, std::move(views));
}

ModelArrays ModelArrays::read(const std::filesystem::path& path) {
  const auto values_of = []<typename T>(const safetensors::Array& array, T /*type*/) {
    std::vector<T> values(array.bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
    return values;
  };
  ModelArrays arrays;
  arrays.source_ = path.string();
  for (const safetensors::Array& array : safetensors::read(path).arrays) {
    if (array.type == formats::NumberType::kF32) {
      arrays.add(array.name, array.shape, values_of(array, float{}));
    } else if (array.type == formats::NumberType::kU8) {
      arrays.add_bytes(array.name, values_of(array, std::uint8_t{}));
    } else {
      throw core::InputError({.file = arrays.source_,
                              .subject = "array " + array.name,
                              .found = fmt::format("numbers of type {}", formats::name(array.type)),
                              .expected = "F32 or U8",
                              .next_step = "train the model again"});
    }
  }
  return arrays;
}

const std::vector<float>& ModelArrays::floats(const std::string& name, std::span<const std::int64_t> shape) const {
  const auto found = floats_.find(name);
  const auto refuse = [&](const std::string& what) {
    throw core::InputError({.file = source_,
                            .subject = "array " + name,
                            .found = what,
                            .expected = fmt::format("finite numbers of shape [{}]", fmt::join(shape, ", ")),
                            .next_step = "the file is damaged or belongs to another model: copy the model again"});
  };
  if (found == floats_.end()) refuse("is missing");
  if (!std::ranges::equal(found->second.shape, shape)) {
    refuse(fmt::format("shape [{}]", fmt::join(found->second.shape, ", ")));
  }
  if (!std::ranges::all_of(found->second.values, [](float value) { return std::isfinite(value); })) {
    refuse("holds a number that is not finite");
  }
  return found->second.values;
}

const std::vector<std::uint8_t>& ModelArrays::bytes(const std::string& name) const {
  const auto found = bytes_.find(name);
  if (found == bytes_.end()) {
    throw core::InputError({.file = source_,
                            .subject = "array " + name,
                            .found = "is missing",
                            .next_step = "the file is damaged or belongs to another model: copy the model again"});
  }
  return found->second;
}

void add_pca(const linalg::Pca& pca, ModelArrays& arrays) {
  arrays.add("pca.mean", {pca.n_genes}, pca.mean);
  arrays.add("pca.components", {pca.n_genes, pca.n_components}, pca.components);
  arrays.add("pca.variance", {pca.n_components}, {pca.variance.begin(), pca.variance.end()});
}

linalg::Pca pca_from(const ModelArrays& arrays, std::int64_t n_genes, std::int64_t n_components) {
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
