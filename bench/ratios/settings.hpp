#pragma once

#include <cstdint>
#include <filesystem>

namespace sctab::bench {

/// What is measured and where, from the environment, so that the processes of the stages agree: SCTAB_BENCH_THREADS
/// (4), SCTAB_BENCH_QUICK (1: small sizes, a smoke run), SCTAB_BENCH_DATA and SCTAB_BENCH_JSON (bench-data and
/// bench.json next to this program), SCTAB_BENCH_REFERENCE (bench_torch.py; empty: left out).
struct Settings {
  int threads = 4;
  bool quick = false;
  std::filesystem::path program;    // this one; sctab and bench_kernels lie next to it
  std::filesystem::path data;       // what is simulated, kept for the next run
  std::filesystem::path json;       // the results
  std::filesystem::path reference;  // bench_torch.py

  // The paper's sizes, as bench_torch.py has them.
  std::int64_t n_genes = 19'331, n_types = 164, batch_size = 2048;

  std::int64_t n_cells = 200'000;    // of the file that is annotated; the store is made of it
  std::int64_t n_batches = 16;       // in memory, used in turn
  std::int64_t first_steps = 50;     // of a new network
  std::int64_t trained_steps = 300;  // until masks are taken for a trained model's
  std::int64_t timed_steps = 20;     // of each rate
  std::int64_t dense_steps = 3;      // bench_torch.py's number, after one that is not timed
  std::int64_t memory_steps = 20;    // for the peak of memory
  std::int64_t store_epochs = 3;     // the last is timed
  std::int64_t loader_epochs = 3;

  [[nodiscard]] std::filesystem::path sctab() const { return program.parent_path() / "sctab"; }
  [[nodiscard]] std::filesystem::path kernels() const { return program.parent_path() / "bench_kernels"; }
  [[nodiscard]] std::filesystem::path source() const { return data / "simulated" / "source-01.h5ad"; }
  [[nodiscard]] std::filesystem::path store() const { return data / "store"; }
  [[nodiscard]] std::filesystem::path model() const { return data / "model"; }
};

/// Throws InputError naming the variable.
Settings read_settings();

}  // namespace sctab::bench
