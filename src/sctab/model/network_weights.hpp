#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sctab/formats/safetensors/safetensors.hpp"
#include "sctab/model/architecture.hpp"
#include "sctab/model/network_tensors.hpp"

namespace sctab::model {

/// The .safetensors file of a network. Each tensor is read when it is asked for, so that a large one is in memory only
/// once.
class NetworkWeights {
 public:
  /// A weight that several layers share may have any or all of its names. Throws InputError naming the file and the
  /// tensor that is missing, unknown, of another shape or kind of number than the architecture says, or that differs
  /// under another of its names.
  NetworkWeights(const std::filesystem::path& path, const Architecture& architecture);

  /// A parameter or a running statistic, row-major. Throws InputError naming it if a number is not finite.
  std::vector<float> floats(std::string_view name);
  /// An n_out × n_in matrix as n_in × n_out: gene-major where n_in are genes. Throws InputError as floats() does.
  std::vector<float> transposed(std::string_view name);
  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }
  [[nodiscard]] const std::vector<std::int64_t>& shape(std::string_view name) const { return get(name).shape; }
  /// The first name of a weight, which all layers that share it have in common.
  [[nodiscard]] const std::string& first_name(const std::string& name) const;

 private:
  void require_known() const;
  void require_shape(const NetworkTensor& tensor) const;
  void require_same(const NetworkTensor& tied);
  [[nodiscard]] const safetensors::ArrayInfo* find(std::string_view name) const;
  [[nodiscard]] const safetensors::ArrayInfo& get(std::string_view name) const;
  /// Calls use(first value, values) for parts of the array, one after the other.
  void read_parts(const safetensors::ArrayInfo& array,
                  const std::function<void(std::int64_t first, std::span<const float> values)>& use);

  safetensors::Reader file_;
  std::vector<NetworkTensor> tensors_;
  std::map<std::string_view, const safetensors::ArrayInfo*> given_;  // by the name that the file has
  std::map<std::string_view, const NetworkTensor*> known_;
};

}  // namespace sctab::model
