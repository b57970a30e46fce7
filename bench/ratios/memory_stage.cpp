#include <ATen/ATen.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "network_steps.hpp"
#include "sctab/core/error.hpp"
#include "sctab/train/optimizer.hpp"
#include "stages.hpp"

namespace sctab::bench {
namespace {

/// A line of /proc/self/status, in bytes.
std::int64_t memory_of_this_process(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":")) return 1024 * std::stoll(line.substr(field.size() + 1));
  }
  throw core::InputError({.file = "/proc/self/status", .found = "no line " + field});
}

}  // namespace

/// The most memory that the process held (VmHWM), less what it held with libtorch loaded and nothing built (VmRSS),
/// less parameters, gradients and two moments. The batch and its augmented copy are in it. A new network on cells
/// without structure: masks are never wider.
nlohmann::json memory_stage(const Settings& settings) {
  const std::int64_t before = memory_of_this_process("VmRSS");
  const auto network = paper_network(settings);
  const std::vector<LabelledCells> batch = {random_cells(settings)};
  Augmentation donors(settings, kDonorVectorDensity);
  train::Optimizer optimizer(*network, 0.05, 1);
  Trainee trainee{*network, settings.n_types, [&] { optimizer.step(0.005); }};
  train_steps(trainee, batch, &donors, settings.memory_steps);
  const std::int64_t peak = memory_of_this_process("VmHWM");

  std::int64_t parameter_bytes = 0;
  for (const at::Tensor& parameter : network->parameters())
    parameter_bytes += static_cast<std::int64_t>(parameter.nbytes());
  return {{"peak_train_bytes", peak - before - 4 * parameter_bytes},
          {"peak_train_process_bytes", peak},
          {"start_process_bytes", before},
          {"parameter_bytes", parameter_bytes}};
}

}  // namespace sctab::bench
