// One table of ratios: sctab as its users run it, dense libtorch in the same program, dense PyTorch. Without an
// argument it starts one process a stage, so that none sees another's memory or warm caches of the allocator, and
// gathers what they print; with a stage's name it is that process.

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

#include "bench_data.hpp"
#include "child_process.hpp"
#include "outside_stages.hpp"
#include "report.hpp"
#include "sctab/core/error.hpp"
#include "sctab/core/json_file.hpp"
#include "settings.hpp"
#include "stages.hpp"

namespace sctab::bench {
namespace {

struct Stage {
  const char* name;
  nlohmann::json (*measure)(const Settings&);
};

// In this order: the first makes what the others read.
constexpr std::array kStages = {Stage{"data", make_bench_data}, Stage{"train", train_stage},
                                Stage{"dense", dense_stage},    Stage{"memory", memory_stage},
                                Stage{"store", store_stage},    Stage{"loader", loader_stage}};

/// The result goes to standard output, alone.
void run_stage(const Settings& settings, std::string_view name) {
  spdlog::set_default_logger(spdlog::stderr_logger_st("bench_ratios"));
  for (const Stage& stage : kStages) {
    if (name == stage.name) return fmt::print("{}\n", stage.measure(settings).dump());
  }
  throw core::InputError({.subject = std::string(name), .found = "no such stage", .next_step = "omit it to run all"});
}

nlohmann::json measure_all(const Settings& settings, std::vector<std::string>& commands) {
  nlohmann::json results = {{"machine", describe_machine()}, {"threads", settings.threads}, {"quick", settings.quick}};
  const auto say = [](std::string_view stage) { fmt::print(stderr, "measuring: {}\n", stage); };
  for (const Stage& stage : kStages) {
    say(stage.name);
    const Command command{{settings.program, stage.name}};
    commands.push_back(text_of(command));
    const Finished finished = run(command, settings.data / fmt::format("{}.log", stage.name));
    results.update(nlohmann::json::parse(finished.out));
    results["seconds"][stage.name] = finished.seconds;
  }
  say("annotate");
  results.update(annotate_stage(settings, commands));
  say("kernels");
  results.update(kernels_stage(settings, commands));
  say("bench_torch.py");
  results.update(reference_stage(settings, commands));
  return results;
}

void run_all(const Settings& settings) {
  std::filesystem::create_directories(settings.data);
  std::vector<std::string> commands;
  nlohmann::json results = measure_all(settings, commands);
  judge(results);
  results["commands"] = commands;
  core::write_json(settings.json, results);
  fmt::print("{}\nresults: {}\n", table_of(settings, results, commands), settings.json.string());
}

}  // namespace
}  // namespace sctab::bench

int main(int argc, char** argv) {
  try {
    const sctab::bench::Settings settings = sctab::bench::read_settings();
    if (argc > 1) {
      sctab::bench::run_stage(settings, argv[1]);
    } else {
      sctab::bench::run_all(settings);
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_ratios: {}\n", error.what());
    return 2;
  }
  return 0;
}
