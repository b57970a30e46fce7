#pragma once

#include <ATen/core/Tensor.h>

#include "sctab/sparse/csr.hpp"

namespace sctab::nn {

/// Sets the threads of the kernels and of OpenMP, which torch and BLAS share (0: all processors), for networks run by
/// the calling thread. The first call also lets the heap keep freed memory, and warns on standard error where BLAS is
/// not OpenBLAS on OpenMP: with the reference BLAS everything runs 70 times slower. Call it before the first network.
void set_torch_threads(int threads);

/// True where OpenBLAS, BLIS or MKL is the loaded BLAS.
bool blas_is_fast();

/// cells × genes, dense float32, in memory of its own.
at::Tensor dense_tensor(sparse::CsrView cells);

}  // namespace sctab::nn
