#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "golden/deviation.hpp"
#include "golden/golden_file.hpp"
#include "kernels/augment_reference.hpp"
#include "sctab/kernels/augment.hpp"
#include "sctab/nn/torch_runtime.hpp"
#include "sctab/sparse/normalise.hpp"

namespace sctab::golden {
namespace {

TEST(Golden, Normalisation) {
  SCTAB_NEED_GOLDEN_GROUP(group, "normalisation");
  sparse::CsrMatrix cells = to_csr(group.tensor("counts"));
  sparse::log_normalise(cells);
  report(group.path(), "normalised", largest_deviation(nn::dense_tensor(cells.view()), group.tensor("normalised")),
         1e-6);
}

TEST(Golden, Augmentation) {
  SCTAB_NEED_GOLDEN_GROUP(group, "augmentation");
  const sparse::CsrMatrix x = to_csr(group.tensor("x")), vectors = to_csr(group.tensor("vectors"));
  const auto vector_index = to_vector<std::int64_t>(group.tensor("vector_index"));
  const auto sign = to_vector<float>(group.tensor("sign"));
  const kernels::Augmentation by{vectors.view(), vector_index, sign};
  const sparse::CsrMatrix merged = tests::reference::augment(x.view(), by);
  sparse::CsrMatrix by_kernel;
  kernels::augment(x.view(), by, by_kernel);
  for (const auto* augmented : std::initializer_list<const sparse::CsrMatrix*>{&merged, &by_kernel}) {
    report(group.path(), "augmented", largest_deviation(nn::dense_tensor(augmented->view()), group.tensor("augmented")),
           1e-6);
  }
}

}  // namespace
}  // namespace sctab::golden
