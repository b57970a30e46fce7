#include "sctab/nn/model_arrays.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "sctab/core/error.hpp"
#include "sctab/nn/safetensors.hpp"

namespace sctab::nn {

void ModelArrays::add(const std::string& name, std::vector<std::int64_t> shape, std::vector<float> values) {
  SCTAB_ASSERT(std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()) == std::ssize(values));
  floats_[name] = {std::move(shape), std::move(values)};
}

void ModelArrays::add_bytes(const std::string& name, std::vector<std::uint8_t> bytes) {
  bytes_[name] = std::move(bytes);
}

void ModelArrays::write(const std::filesystem::path& path) const {
  // from_blob() wants pointers that it could write through; nothing does.
  std::vector<NamedTensor> tensors;
  for (const auto& [name, array] : floats_) {
    tensors.push_back({name, at::from_blob(const_cast<float*>(array.values.data()), array.shape, at::kFloat)});
  }
  for (const auto& [name, bytes] : bytes_) {
    tensors.push_back({name, at::from_blob(const_cast<std::uint8_t*>(bytes.data()), {std::ssize(bytes)}, at::kByte)});
  }
  write_safetensors(path, tensors);
}

ModelArrays ModelArrays::read(const std::filesystem::path& path) {
  ModelArrays arrays;
  arrays.source_ = path.string();
  for (const NamedTensor& entry : read_safetensors(path).tensors) {
    const at::Tensor tensor = entry.tensor.contiguous();
    const auto n = static_cast<std::size_t>(tensor.numel());
    if (tensor.scalar_type() == at::kFloat) {
      const auto* values = tensor.data_ptr<float>();
      arrays.add(entry.name, tensor.sizes().vec(), {values, values + n});
    } else if (tensor.scalar_type() == at::kByte) {
      const auto* bytes = tensor.data_ptr<std::uint8_t>();
      arrays.add_bytes(entry.name, {bytes, bytes + n});
    } else {
      throw core::InputError(fmt::format("{}: array {} holds {}, expected F32 or U8; train the model again",
                                         arrays.source_, entry.name, at::toString(tensor.scalar_type())));
    }
  }
  return arrays;
}

const std::vector<float>& ModelArrays::floats(const std::string& name, std::span<const std::int64_t> shape) const {
  const auto found = floats_.find(name);
  const auto refuse = [&](const std::string& has) {
    throw core::InputError(
        fmt::format("{}: {}, expected array {} of shape [{}]; the file is damaged or of another model", source_, has,
                    name, fmt::join(shape, ", ")));
  };
  if (found == floats_.end()) refuse("has no " + name);
  if (!std::ranges::equal(found->second.shape, shape)) {
    refuse(fmt::format("{} has shape [{}]", name, fmt::join(found->second.shape, ", ")));
  }
  if (!std::ranges::all_of(found->second.values, [](float value) { return std::isfinite(value); })) {
    refuse(name + " holds a number that is not finite");
  }
  return found->second.values;
}

const std::vector<std::uint8_t>& ModelArrays::bytes(const std::string& name) const {
  const auto found = bytes_.find(name);
  if (found == bytes_.end()) {
    throw core::InputError(
        fmt::format("{}: has no {}, expected these bytes; the file is damaged or of another model", source_, name));
  }
  return found->second;
}

}  // namespace sctab::nn
