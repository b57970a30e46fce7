#include "sctab/nn/torch_runtime.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <malloc.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <mutex>
#include <string>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/thread_pool.hpp"
#include "sctab/kernels/parallel.hpp"

namespace sctab::nn {
namespace {

/// The file that the program's matrix product comes from, links followed; empty where there is none.
std::string blas_library() {
  Dl_info info{};
  void* const symbol = ::dlsym(RTLD_DEFAULT, "sgemm_");
  if (symbol == nullptr || ::dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code failed;
  const auto resolved = std::filesystem::canonical(info.dli_fname, failed);
  return failed ? std::string(info.dli_fname) : resolved.string();
}

/// OpenBLAS built on pthreads, which starts its threads within ours.
bool blas_has_threads_of_its_own() {
  void* const symbol = ::dlsym(RTLD_DEFAULT, "openblas_get_parallel");
  constexpr int kPthreads = 1;
  return symbol != nullptr && reinterpret_cast<int (*)()>(symbol)() == kPthreads;
}

/// Lets the heap keep what a step frees for the next one, which needs the same again: given back to the system, its 70
/// MB come page by page, a twentieth of a step's time.
void keep_memory_between_steps() {
#ifdef __GLIBC__
  constexpr int kKept = 1 << 29;  // bytes: the largest arrays of a step, several times
  // Old glibc takes no such threshold; to keep the heap's top would then only cost memory.
  if (::mallopt(M_MMAP_THRESHOLD, kKept) == 1) ::mallopt(M_TRIM_THRESHOLD, kKept);
#endif
}

/// libpthreadpool waits for ever for threads that it could not start. It and OpenMP have their own.
void require_threads(int threads) {
  constexpr int kLibraries = 2;
  try {
    const core::ThreadPool all(kLibraries * threads);
  } catch (const core::InputError&) {
    throw core::InputError({.subject = "--threads",
                            .found = fmt::format("the {} that the libraries need cannot be started",
                                                 core::plural(kLibraries * threads, "thread")),
                            .next_step = fmt::format("{}raise the limits of ulimit -u and -v",
                                                     threads > 1 ? "give --threads 1, or " : "")});
  }
}

}  // namespace

bool blas_is_fast() {
  const std::string library = blas_library();
  for (const char* fast : {"openblas", "blis", "mkl"}) {
    if (library.find(fast) != std::string::npos) return true;
  }
  return false;
}

void set_torch_threads(int threads) {
  kernels::set_threads(threads);
  require_threads(kernels::threads());
  at::set_num_threads(kernels::threads());
  static std::once_flag once;
  std::call_once(once, [] {
    keep_memory_between_steps();
    if (!blas_is_fast()) {
      spdlog::warn(
          "matrix products come from {}, which is not OpenBLAS: networks run up to 70 times slower; "
          "install libopenblas0-openmp",
          blas_library());
    } else if (blas_has_threads_of_its_own()) {
      spdlog::warn("{} has threads of its own besides OpenMP's: networks run slower; install libopenblas0-openmp",
                   blas_library());
    }
  });
}

at::Tensor dense_tensor(sparse::CsrView cells) {
  at::Tensor dense = at::empty({cells.n_cells, cells.n_genes});
  sparse::to_dense(cells, {dense.data_ptr<float>(), static_cast<std::size_t>(dense.numel())});
  return dense;
}

}  // namespace sctab::nn
