#include "outside_stages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "child_process.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"

namespace sctab::bench {
namespace {

using nlohmann::json;

Command reference_command(const Settings& settings) {
  Command command{{"/usr/bin/python3", settings.reference, "--genes", std::to_string(settings.n_genes), "--types",
                   std::to_string(settings.n_types), "--batch", std::to_string(settings.batch_size)},
                  {{"OMP_NUM_THREADS", std::to_string(settings.threads)}}};
  return command;
}

/// Removes our variables (before_libraries.cpp set them before main), or keeps them.
Command with_variables(Command command, bool keep) {
  for (const char* name : {"OPENBLAS_CORETYPE", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"}) {
    const char* value = std::getenv(name);
    command.environment[name] = keep && value != nullptr ? value : "";
  }
  return command;
}

bool has_python_torch(const Settings& settings) {
  try {
    run({{"/usr/bin/python3", "-c", "import torch"}}, settings.data / "python.log");
    return true;
  } catch (const core::InputError&) {
    return false;
  }
}

json parse_output(const Command& command, const std::string& out) {
  json parsed = json::parse(out, nullptr, false);
  if (parsed.is_discarded()) throw core::InputError({.subject = text_of(command), .found = "its output is not JSON"});
  return parsed;
}

/// "attention_mask/4/1/real_time", on four threads of the case 1, is attention_mask/1.
std::string kernel_name(std::string name) {
  name.erase(name.find('/'), name.find('/', name.find('/') + 1) - name.find('/'));
  const auto clock = name.find("/real_time");
  return name.substr(0, clock);
}

/// Milliseconds, what case it is, and what else it counts.
json kernel_entry(const json& run) {
  json entry = {{"ms", run.at("real_time")}};
  static constexpr std::array kOwn = {"family_index", "per_family_instance_index",
                                      "repetitions",  "repetition_index",
                                      "threads",      "iterations",
                                      "real_time",    "cpu_time"};
  for (const auto& [key, value] : run.items()) {
    if (key == "label") entry[key] = value;
    if (value.is_number() && std::ranges::find(kOwn, key) == kOwn.end()) entry[key] = value;
  }
  return entry;
}

}  // namespace

json reference_stage(const Settings& settings, std::vector<std::string>& commands) {
  if (settings.reference.empty() || !std::filesystem::exists(settings.reference)) return json::object();
  if (!has_python_torch(settings)) return json::object();
  json result;
  for (const bool keep : {false, true}) {
    const Command command = with_variables(reference_command(settings), keep);
    commands.push_back(text_of(command));
    const json rates = parse_output(command, run(command, settings.data / "reference.log").out);
    for (const char* key : {"train_cells_per_s", "infer_cells_per_s"}) {
      const double rate = rates.at(key).get<double>();
      result[fmt::format("reference_{}_{}", keep ? "tuned" : "plain", key)] = rate;
      const std::string best = fmt::format("reference_{}", key);
      result[best] = std::max(rate, result.value(best, 0.0));
    }
  }
  return result;
}

json annotate_stage(const Settings& settings, std::vector<std::string>& commands) {
  const Command command{{settings.sctab(), "annotate", settings.source(), "--model", settings.model(), "--threads",
                         std::to_string(settings.threads), "--json"}};
  commands.push_back(text_of(command));
  const Finished finished = run(command, settings.data / "annotate.log");
  const json report = parse_output(command, finished.out);
  for (const char* key : {"h5ad", "csv"}) std::filesystem::remove(report.at(key).get<std::string>());
  return {{"annotate_file_cells_per_s", report.at("cells").get<double>() / finished.seconds},
          {"annotate_file_seconds", finished.seconds},
          {"annotate_peak_bytes", report.at("peak_memory_bytes")}};
}

json kernels_stage(const Settings& settings, std::vector<std::string>& commands) {
  const int threads = settings.threads == 1 ? 1 : 4;  // all that bench_kernels has
  Command command{
      {settings.kernels(), fmt::format("--benchmark_filter=^[^/]*/{}(/|$)", threads), "--benchmark_format=json"}};
  if (settings.quick) command.words.emplace_back("--benchmark_min_time=0.01");
  commands.push_back(text_of(command));
  const json report = parse_output(command, run(command, settings.data / "kernels.log").out);
  json kernels = json::object();
  for (const json& measured : report.at("benchmarks")) {
    kernels[kernel_name(measured.at("name").get<std::string>())] = kernel_entry(measured);
  }
  return {{"kernels", kernels}, {"kernels_threads", threads}};
}

}  // namespace sctab::bench
