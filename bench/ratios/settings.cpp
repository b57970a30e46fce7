#include "settings.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <string>

#include "sctab/core/error.hpp"

namespace sctab::bench {
namespace {

std::string variable(const char* name, const std::string& otherwise = "") {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

int threads_wanted() {
  const std::string text = variable("SCTAB_BENCH_THREADS", "4");
  int threads = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), threads);
  if (failed != std::errc() || end != text.data() + text.size() || threads < 1) {
    throw core::InputError(
        {.subject = "SCTAB_BENCH_THREADS", .found = text, .expected = "a number of threads, 1 or more"});
  }
  return threads;
}

void make_small(Settings& settings) {
  settings.n_genes = 1000;
  settings.batch_size = 256;
  settings.n_cells = 6000;
  settings.n_batches = 4;
  settings.first_steps = 5;
  settings.trained_steps = 10;
  settings.timed_steps = 4;
  settings.dense_steps = 2;
  settings.memory_steps = 4;
  settings.store_epochs = 2;
}

}  // namespace

Settings read_settings() {
  Settings settings;
  settings.threads = threads_wanted();
  settings.program = std::filesystem::read_symlink("/proc/self/exe");
  const std::filesystem::path folder = settings.program.parent_path();
  settings.json = variable("SCTAB_BENCH_JSON", folder / "bench.json");
  settings.reference = variable("SCTAB_BENCH_REFERENCE");
  settings.quick = variable("SCTAB_BENCH_QUICK", "0") != "0";
  settings.data = variable("SCTAB_BENCH_DATA", folder / (settings.quick ? "bench-data-quick" : "bench-data"));
  if (settings.quick) make_small(settings);
  return settings;
}

}  // namespace sctab::bench
