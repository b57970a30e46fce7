#pragma once

#include <ATen/core/Tensor.h>
#include <hdf5.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sctab/nn/network_state.hpp"
#include "sctab/sparse/csr.hpp"

namespace sctab::golden {

/// A group of golden.h5: arrays, attributes and groups below. Throws std::runtime_error, naming what is missing.
class GoldenGroup {
 public:
  /// Opens the file's root.
  explicit GoldenGroup(const std::filesystem::path& file);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] GoldenGroup group(const std::string& name) const;
  [[nodiscard]] std::vector<GoldenGroup> groups() const;
  [[nodiscard]] bool has(const std::string& name) const;

  /// An array as it is stored there: float32, float64 or int64.
  [[nodiscard]] at::Tensor tensor(const std::string& name) const;
  /// All arrays of the group, by name.
  [[nodiscard]] std::vector<nn::NamedTensor> tensors() const;

  [[nodiscard]] double number(const std::string& attribute) const { return numbers(attribute).at(0); }
  [[nodiscard]] std::int64_t integer(const std::string& attribute) const {
    return static_cast<std::int64_t>(number(attribute));
  }
  [[nodiscard]] std::vector<double> numbers(const std::string& attribute) const;
  [[nodiscard]] std::string text(const std::string& attribute) const;

 private:
  GoldenGroup(std::shared_ptr<hid_t> file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
  [[nodiscard]] std::vector<std::string> names(H5O_type_t type) const;

  std::shared_ptr<hid_t> file_;
  std::string path_;  // within the file, without a leading slash
};

/// $SCTAB_GOLDEN, or golden.h5 of the shared folder.
std::filesystem::path golden_path();

/// The non-zeros of a dense float matrix.
sparse::CsrMatrix to_csr(const at::Tensor& dense);

template <typename T>
std::vector<T> to_vector(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous();
  return {flat.data_ptr<T>(), flat.data_ptr<T>() + flat.numel()};
}

}  // namespace sctab::golden

/// Opens the golden file as `root`, or skips the test where there is none.
#define SCTAB_NEED_GOLDEN(root)                                                                                \
  if (!std::filesystem::exists(::sctab::golden::golden_path())) {                                              \
    GTEST_SKIP() << "needs the golden numbers: no " << ::sctab::golden::golden_path() << "; set SCTAB_GOLDEN"; \
  }                                                                                                            \
  const ::sctab::golden::GoldenGroup root(::sctab::golden::golden_path())

/// Opens a group of the golden file as `opened`, or skips the test: tools/make_golden.py writes the networks' alone.
#define SCTAB_NEED_GOLDEN_GROUP(opened, name)                                                      \
  SCTAB_NEED_GOLDEN(root);                                                                         \
  if (!root.has(name)) GTEST_SKIP() << ::sctab::golden::golden_path() << " has no group " << name; \
  const ::sctab::golden::GoldenGroup opened = root.group(name)
