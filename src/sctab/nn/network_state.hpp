#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/safetensors/safetensors.hpp"

namespace sctab::nn {

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

/// The parameters and buffers of a network under the names of the published checkpoints. Tensors are handles: a layer
/// holds the same tensor, so what is loaded here is seen there.
class NetworkState {
 public:
  void add_parameter(std::string name, const at::Tensor& tensor);
  void add_buffer(std::string name, const at::Tensor& tensor);
  /// One more name of a tensor already added: TabNet's steps share their first layers.
  void add_tied_name(std::string name, const at::Tensor& tensor);

  /// What the optimiser trains: each tensor once, under its first name, in the published order.
  [[nodiscard]] const std::vector<NamedTensor>& parameters() const { return parameters_; }
  /// Running statistics of batch norm (float) and their counters (int64).
  [[nodiscard]] const std::vector<NamedTensor>& buffers() const { return buffers_; }
  /// The further names of tied parameters, with the same tensors.
  [[nodiscard]] const std::vector<NamedTensor>& tied_names() const { return tied_names_; }

  /// A copy of parameters and buffers, each once; what load() takes back.
  [[nodiscard]] std::vector<NamedTensor> copy() const;

  /// Copies values in, in place. Tied names may be given or left out; where several are given they must agree.
  /// Throws InputError, which names `source` and the tensor, on one that is missing, unknown, given twice, of another
  /// shape or kind of number, not finite, or tied and different; nothing is changed then.
  void load(const std::vector<NamedTensor>& values, std::string_view source);

 private:
  std::vector<NamedTensor> parameters_, buffers_, tied_names_;
};

struct TensorFile {
  std::vector<NamedTensor> tensors;  // in the order of their data
  safetensors::Metadata metadata;
};

/// safetensors::write() and safetensors::read() for tensors of torch, each with its errors.
void write_tensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                   const safetensors::Metadata& metadata = {});
TensorFile read_tensors(const std::filesystem::path& path);

/// Writes parameters and running statistics as .safetensors, tied weights once under their first name.
void save_weights(const std::filesystem::path& path, const NetworkState& state);

/// Reads what save_weights() wrote, or a file that repeats tied weights. Throws InputError naming file and tensor.
void load_weights(const std::filesystem::path& path, NetworkState& state);

}  // namespace sctab::nn
