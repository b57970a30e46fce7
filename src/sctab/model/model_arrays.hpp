#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "sctab/linalg/pca.hpp"

namespace sctab::model {

/// The numbers of a model by name, as a .safetensors file holds them.
class ModelArrays {
 public:
  /// values: row-major, as many as the shape says.
  void add(const std::string& name, std::vector<std::int64_t> shape, std::vector<float> values);
  void add_bytes(const std::string& name, std::vector<std::uint8_t> bytes);

  /// Whole or not at all; throws InputError naming the file.
  void write(const std::filesystem::path& path) const;
  /// Throws InputError naming the file where it is not a .safetensors file or holds other numbers than float32 and
  /// bytes.
  static ModelArrays read(const std::filesystem::path& path);

  /// Throws InputError naming the file and the array where it is missing, of another shape or not finite.
  [[nodiscard]] const std::vector<float>& floats(const std::string& name, std::span<const std::int64_t> shape) const;
  [[nodiscard]] const std::vector<float>& floats(const std::string& name,
                                                 std::initializer_list<std::int64_t> shape) const {
    return floats(name, std::span(shape.begin(), shape.size()));
  }
  [[nodiscard]] const std::vector<std::uint8_t>& bytes(const std::string& name) const;

 private:
  struct Floats {
    std::vector<std::int64_t> shape;
    std::vector<float> values;
  };
  std::string source_;  // the file read, for messages
  std::map<std::string, Floats> floats_;
  std::map<std::string, std::vector<std::uint8_t>> bytes_;
};

/// Adds arrays pca.mean, pca.components and pca.variance, which are all that projecting cells needs.
void add_pca(const linalg::Pca& pca, ModelArrays& arrays);

/// Reads them back. Throws InputError naming the file and the array that is missing or has another shape.
linalg::Pca pca_from(const ModelArrays& arrays, std::int64_t n_genes, std::int64_t n_components);

}  // namespace sctab::model
