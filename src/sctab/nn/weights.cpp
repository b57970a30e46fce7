#include "sctab/nn/weights.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "sctab/core/error.hpp"

namespace sctab::nn {
namespace {

// In the order of formats::NumberType.
constexpr std::array kTypes = {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong,
                               at::kInt,    at::kShort, at::kChar, at::kByte,     at::kBool};

formats::NumberType number_type(at::ScalarType type) {
  const auto* const found = std::ranges::find(kTypes, type);
  SCTAB_ASSERT(found != kTypes.end());
  return static_cast<formats::NumberType>(found - kTypes.begin());
}

}  // namespace

void write_tensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                   const safetensors::Metadata& metadata) {
  std::vector<at::Tensor> memory;  // that the views below look at
  std::vector<safetensors::ArrayView> arrays;
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor& flat = memory.emplace_back(tensor.detach().cpu().contiguous());
    arrays.push_back({name,
                      number_type(flat.scalar_type()),
                      flat.sizes().vec(),
                      {static_cast<const std::byte*>(flat.data_ptr()), flat.nbytes()}});
  }
  safetensors::write(path, std::move(arrays), metadata);
}

TensorFile read_tensors(const std::filesystem::path& path) {
  safetensors::Contents file = safetensors::read(path);
  TensorFile result{{}, std::move(file.metadata)};
  for (safetensors::Array& array : file.arrays) {
    at::Tensor tensor = at::empty(array.shape, kTypes.at(static_cast<std::size_t>(array.type)));
    if (!array.bytes.empty()) std::memcpy(tensor.data_ptr(), array.bytes.data(), array.bytes.size());
    array.bytes = {};  // large models should not lie in memory twice
    result.tensors.push_back({std::move(array.name), std::move(tensor)});
  }
  return result;
}

void save_weights(const std::filesystem::path& path, const Network& network) {
  write_tensors(path, network.state().copy(), {{"format", "pt"}});
}

void load_weights(const std::filesystem::path& path, Network& network) {
  network.state().load(read_tensors(path).tensors, path.string());
}

}  // namespace sctab::nn
