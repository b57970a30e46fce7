#include "sctab/nn/network_state.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>

#include "sctab/core/error.hpp"

namespace sctab::nn {
namespace {

struct Target {
  at::Tensor tensor;
  const NamedTensor* given = nullptr;
};

[[noreturn]] void refuse(std::string_view source, const std::string& tensor, const std::string& found,
                         const std::string& expected,
                         const char* next_step = "check that the file belongs to this model") {
  throw core::InputError({.file = std::string(source),
                          .subject = "tensor " + tensor,
                          .found = found,
                          .expected = expected,
                          .next_step = next_step});
}

std::string shape(const at::Tensor& tensor) {
  return fmt::format("shape [{}]", fmt::join(tensor.sizes(), ", "));
}

void check_value(const at::Tensor& found, const at::Tensor& expected, std::string_view source,
                 const std::string& name) {
  if (found.sizes() != expected.sizes()) refuse(source, name, shape(found), shape(expected));
  if (found.is_floating_point() != expected.is_floating_point()) {
    refuse(source, name, c10::toString(found.scalar_type()), c10::toString(expected.scalar_type()));
  }
  if (!at::isfinite(found).all().item<bool>()) {
    refuse(source, name, "NaN or infinite values", "finite ones",
           "the file is damaged or its training failed: copy it or train again");
  }
}

// In the order of formats::NumberType.
constexpr std::array kTypes = {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong,
                               at::kInt,    at::kShort, at::kChar, at::kByte,     at::kBool};

formats::NumberType number_type(at::ScalarType type) {
  const auto* const found = std::ranges::find(kTypes, type);
  SCTAB_ASSERT(found != kTypes.end());
  return static_cast<formats::NumberType>(found - kTypes.begin());
}

}  // namespace

void NetworkState::add_parameter(std::string name, const at::Tensor& tensor) {
  parameters_.push_back({std::move(name), tensor});
}

void NetworkState::add_buffer(std::string name, const at::Tensor& tensor) {
  buffers_.push_back({std::move(name), tensor});
}

void NetworkState::add_tied_name(std::string name, const at::Tensor& tensor) {
  tied_names_.push_back({std::move(name), tensor});
}

std::vector<NamedTensor> NetworkState::copy() const {
  std::vector<NamedTensor> copies;
  for (const auto* group : {&parameters_, &buffers_}) {
    for (const auto& [name, tensor] : *group) copies.push_back({name, tensor.detach().clone()});
  }
  return copies;
}

void NetworkState::load(const std::vector<NamedTensor>& values, std::string_view source) {
  // Tied names share a tensor, hence a target.
  std::vector<Target> targets;
  std::unordered_map<const void*, std::size_t> target_of_tensor;
  std::unordered_map<std::string_view, std::size_t> target_of_name;
  for (const auto* group : {&parameters_, &buffers_, &tied_names_}) {
    for (const auto& [name, tensor] : *group) {
      const auto [entry, is_new] = target_of_tensor.try_emplace(tensor.unsafeGetTensorImpl(), targets.size());
      if (is_new) targets.push_back({tensor});
      target_of_name.emplace(name, entry->second);
    }
  }

  std::unordered_map<std::string_view, bool> seen;
  for (const NamedTensor& value : values) {
    const auto found = target_of_name.find(value.name);
    if (found == target_of_name.end()) {
      refuse(source, value.name, "is unknown to this architecture", "");
    }
    if (!seen.emplace(value.name, true).second) {
      refuse(source, value.name, "is given twice", "");
    }
    Target& target = targets[found->second];
    check_value(value.tensor, target.tensor, source, value.name);
    if (target.given != nullptr && !at::equal(target.given->tensor, value.tensor)) {
      refuse(source, value.name, "differs from tensor " + target.given->name,
             "the same values: they are one tied weight");
    }
    target.given = &value;
  }
  for (const auto* group : {&parameters_, &buffers_}) {
    for (const auto& [name, tensor] : *group) {
      if (targets[target_of_name.at(name)].given != nullptr) continue;
      refuse(source, name, "is missing", shape(tensor));
    }
  }
  for (const Target& target : targets) target.tensor.detach().copy_(target.given->tensor);
}

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

void save_weights(const std::filesystem::path& path, const NetworkState& state) {
  write_tensors(path, state.copy(), {{"format", "pt"}});
}

void load_weights(const std::filesystem::path& path, NetworkState& state) {
  state.load(read_tensors(path).tensors, path.string());
}

}  // namespace sctab::nn
