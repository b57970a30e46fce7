#pragma once

#include "sctab/sparse/csr.hpp"

namespace sctab::kernels {

/// The transpose of a CSR matrix, by a stable counting sort, so that rows stay sorted. It is what turns csr_projection
/// into its own gradient: dweights = csr_projection(transpose(x), dout). Reuses the memory of `out`.
void csr_transpose(sparse::CsrView x, sparse::CsrMatrix& out);

}  // namespace sctab::kernels
