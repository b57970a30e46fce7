#include "golden/golden_file.hpp"

#include <ATen/ATen.h>

#include <cstdlib>
#include <stdexcept>

#include "support/fixtures.hpp"

namespace sctab::golden {
namespace {

/// An HDF5 handle, closed at the end of its life.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t), const std::string& what) : id_(id), close_(close) {
    if (id < 0) throw std::runtime_error("golden file: no " + what);
  }
  ~Handle() { close_(id_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

at::ScalarType scalar_type(hid_t type) {
  const bool is_float = H5Tget_class(type) == H5T_FLOAT;
  if (!is_float) return at::kLong;
  return H5Tget_size(type) == sizeof(double) ? at::kDouble : at::kFloat;
}

hid_t memory_type(at::ScalarType type) {
  if (type == at::kLong) return H5T_NATIVE_INT64;
  return type == at::kDouble ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT;
}

}  // namespace

GoldenGroup::GoldenGroup(const std::filesystem::path& file) {
  const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (id < 0) throw std::runtime_error("golden file: cannot open " + file.string());
  file_ = std::shared_ptr<hid_t>(new hid_t(id), [](hid_t* handle) {
    H5Fclose(*handle);
    delete handle;
  });
}

GoldenGroup GoldenGroup::group(const std::string& name) const {
  return {file_, path_.empty() ? name : path_ + "/" + name};
}

std::vector<std::string> GoldenGroup::names(H5O_type_t type) const {
  const Handle group(H5Gopen2(*file_, ("/" + path_).c_str(), H5P_DEFAULT), H5Gclose, "group " + path_);
  H5G_info_t info;
  H5Gget_info(group, &info);
  std::vector<std::string> found;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    H5O_info_t object;
    H5Oget_info_by_idx2(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, &object, H5O_INFO_BASIC, H5P_DEFAULT);
    if (object.type != type) continue;
    std::string name(256, '\0');
    const ssize_t length =
        H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size(), H5P_DEFAULT);
    name.resize(static_cast<std::size_t>(length));
    found.push_back(name);
  }
  return found;
}

std::vector<GoldenGroup> GoldenGroup::groups() const {
  std::vector<GoldenGroup> below;
  for (const std::string& name : names(H5O_TYPE_GROUP)) below.push_back(group(name));
  return below;
}

bool GoldenGroup::has(const std::string& name) const {
  const Handle group(H5Gopen2(*file_, ("/" + path_).c_str(), H5P_DEFAULT), H5Gclose, "group " + path_);
  return H5Lexists(group, name.c_str(), H5P_DEFAULT) > 0;
}

at::Tensor GoldenGroup::tensor(const std::string& name) const {
  const std::string full = "/" + path_ + "/" + name;
  const Handle array(H5Dopen2(*file_, full.c_str(), H5P_DEFAULT), H5Dclose, "array " + full);
  const Handle space(H5Dget_space(array), H5Sclose, "shape of " + full);
  const Handle type(H5Dget_type(array), H5Tclose, "type of " + full);
  std::vector<hsize_t> lengths(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
  H5Sget_simple_extent_dims(space, lengths.data(), nullptr);
  const at::ScalarType scalar = scalar_type(type);
  at::Tensor result = at::empty(std::vector<std::int64_t>(lengths.begin(), lengths.end()), scalar);
  if (H5Dread(array, memory_type(scalar), H5S_ALL, H5S_ALL, H5P_DEFAULT, result.data_ptr()) < 0) {
    throw std::runtime_error("golden file: cannot read " + full);
  }
  return result;
}

std::vector<nn::NamedTensor> GoldenGroup::tensors() const {
  std::vector<nn::NamedTensor> all;
  for (const std::string& name : names(H5O_TYPE_DATASET)) all.push_back({name, tensor(name)});
  return all;
}

std::vector<double> GoldenGroup::numbers(const std::string& attribute) const {
  const Handle found(H5Aopen_by_name(*file_, ("/" + path_).c_str(), attribute.c_str(), H5P_DEFAULT, H5P_DEFAULT),
                     H5Aclose, "attribute " + attribute + " of " + path_);
  const Handle space(H5Aget_space(found), H5Sclose, "shape of " + attribute);
  std::vector<double> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
  if (H5Aread(found, H5T_NATIVE_DOUBLE, values.data()) < 0) {
    throw std::runtime_error("golden file: attribute " + attribute + " of " + path_ + " holds no numbers");
  }
  return values;
}

std::string GoldenGroup::text(const std::string& attribute) const {
  const Handle found(H5Aopen_by_name(*file_, ("/" + path_).c_str(), attribute.c_str(), H5P_DEFAULT, H5P_DEFAULT),
                     H5Aclose, "attribute " + attribute + " of " + path_);
  const Handle type(H5Aget_type(found), H5Tclose, "type of " + attribute);
  if (H5Tis_variable_str(type) <= 0) throw std::runtime_error("golden file: attribute " + attribute + " is not text");
  char* value = nullptr;
  H5Aread(found, type, static_cast<void*>(&value));
  std::string result = value;
  H5free_memory(value);
  return result;
}

std::filesystem::path golden_path() {
  const char* given = std::getenv("SCTAB_GOLDEN");
  return given != nullptr ? std::filesystem::path(given) : tests::shared_folder() / "golden" / "golden.h5";
}

sparse::CsrMatrix to_csr(const at::Tensor& dense) {
  sparse::CsrMatrix matrix;
  matrix.clear(core::narrow<core::GeneIndex>(dense.size(1)));
  const auto rows = dense.accessor<float, 2>();
  for (std::int64_t cell = 0; cell < dense.size(0); ++cell) {
    std::vector<core::GeneIndex> indices;
    std::vector<float> data;
    for (std::int64_t gene = 0; gene < dense.size(1); ++gene) {
      if (rows[cell][gene] == 0) continue;
      indices.push_back(core::narrow<core::GeneIndex>(gene));
      data.push_back(rows[cell][gene]);
    }
    matrix.append_row(indices, data);
  }
  return matrix;
}

}  // namespace sctab::golden
