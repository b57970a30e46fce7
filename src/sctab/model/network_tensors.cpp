#include "sctab/model/network_tensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "sctab/core/error.hpp"

namespace sctab::model {
namespace {

using Role = NetworkTensor::Role;

/// The tensors so far, in the order in which the published code makes them.
class TensorList {
 public:
  std::string parameter(std::string name, std::vector<std::int64_t> shape) {
    tensors_.push_back({name, std::move(shape)});
    return name;
  }

  void tie(std::string name, std::vector<std::int64_t> shape, const std::string& parameter) {
    tensors_.push_back({std::move(name), std::move(shape), Role::kTied, parameter});
  }

  void linear(const std::string& layer, std::int64_t n_in, std::int64_t n_out) {
    parameter(layer + ".weight", {n_out, n_in});
    parameter(layer + ".bias", {n_out});
  }

  void batch_norm(const std::string& layer, std::int64_t width) {
    for (const char* name : {".weight", ".bias"}) parameter(layer + name, {width});
    for (const char* name : {".running_mean", ".running_var"}) {
      tensors_.push_back({layer + name, {width}, Role::kStatistic});
    }
    tensors_.push_back({layer + ".num_batches_tracked", {}, Role::kCounter});
  }

  std::vector<NetworkTensor> take() {
    const auto group = [](const NetworkTensor& tensor) {
      return tensor.role == Role::kCounter ? Role::kStatistic : tensor.role;
    };
    std::ranges::stable_sort(tensors_, {}, group);
    return std::move(tensors_);
  }

 private:
  std::vector<NetworkTensor> tensors_;
};

/// The weights of the layers that all of TabNet's steps share are tied to the `shared` ones; where there are none yet,
/// this makes them and returns their names.
std::vector<std::string> add_feature_transformer(TensorList& list, const std::string& place, std::int64_t n_inputs,
                                                 const TabnetOptions& options, std::vector<std::string> shared = {}) {
  const std::int64_t width = options.n_d + options.n_a;
  const bool is_first = shared.empty();
  std::int64_t n_in = n_inputs;
  for (std::int64_t i = 0; i < options.n_shared; ++i) {
    const std::string weight = fmt::format("{}.shared.shared_layers.{}.weight", place, i);
    const std::string layer = fmt::format("{}.shared.glu_layers.{}", place, i);
    if (is_first) {
      shared.push_back(list.parameter(weight, {2 * width, n_in}));
    } else {
      list.tie(weight, {2 * width, n_in}, shared[static_cast<std::size_t>(i)]);
    }
    list.tie(layer + ".fc.weight", {2 * width, n_in}, shared[static_cast<std::size_t>(i)]);
    list.batch_norm(layer + ".bn.bn", 2 * width);
    n_in = width;
  }
  for (std::int64_t i = 0; i < options.n_independent; ++i) {
    const std::string layer = fmt::format("{}.specifics.glu_layers.{}", place, i);
    list.parameter(layer + ".fc.weight", {2 * width, n_in});
    list.batch_norm(layer + ".bn.bn", 2 * width);
    n_in = width;
  }
  return shared;
}

void add_tabnet(TensorList& list, std::int64_t n_inputs, std::int64_t n_types, const TabnetOptions& options) {
  list.batch_norm("encoder.initial_bn", n_inputs);
  const auto shared = add_feature_transformer(list, "encoder.initial_splitter", n_inputs, options);
  for (std::int64_t step = 0; step < options.n_steps; ++step) {
    add_feature_transformer(list, fmt::format("encoder.feat_transformers.{}", step), n_inputs, options, shared);
    const std::string attention = fmt::format("encoder.att_transformers.{}", step);
    list.parameter(attention + ".fc.weight", {n_inputs, options.n_a});
    list.batch_norm(attention + ".bn.bn", n_inputs);
  }
  list.parameter("final_mapping.weight", {n_types, options.n_d});
}

void add_mlp(TensorList& list, std::int64_t n_inputs, std::int64_t n_types, const MlpOptions& options) {
  // Published as one torch Sequential of linear, batch norm, SiLU, dropout, and so on: four positions a layer.
  for (std::int64_t i = 0; i < std::max<std::int64_t>(options.n_hidden, 1); ++i) {
    list.linear(fmt::format("encoder.{}", 4 * i), i == 0 ? n_inputs : options.hidden_size, options.hidden_size);
    list.batch_norm(fmt::format("encoder.{}", 4 * i + 1), options.hidden_size);
  }
  list.linear("linear", options.hidden_size, n_types);
}

}  // namespace

std::vector<NetworkTensor> network_tensors(const Architecture& architecture) {
  SCTAB_ASSERT(is_network(architecture.kind));
  TensorList list;
  const std::int64_t n_inputs = architecture.n_inputs(), n_types = architecture.n_types;
  if (architecture.kind == ModelKind::kTabnet) {
    add_tabnet(list, n_inputs, n_types, architecture.tabnet);
  } else if (architecture.kind == ModelKind::kMlp) {
    add_mlp(list, n_inputs, n_types, architecture.mlp);
  } else {
    list.parameter("weight", {n_types, n_inputs});
    list.parameter("bias", {n_types});
  }
  return list.take();
}

std::int64_t count_parameters(const Architecture& architecture) {
  std::int64_t n = 0;
  for (const Architecture& member : architecture.members) n += count_parameters(member);
  if (architecture.kind == ModelKind::kMixed) return n;
  for (const NetworkTensor& tensor : network_tensors(architecture)) {
    if (tensor.role != Role::kParameter) continue;
    n += std::accumulate(tensor.shape.begin(), tensor.shape.end(), std::int64_t{1}, std::multiplies<>());
  }
  return n;
}

}  // namespace sctab::model
