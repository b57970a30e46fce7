#include "report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>

#include "sctab/core/numbers.hpp"
#include "sctab/core/text_table.hpp"

namespace sctab::bench {
namespace {

using core::TextTable;
using nlohmann::json;

constexpr double kQuietLoad = 0.5;

struct Goal {
  const char* what;
  const char* key;      // of the results
  const char* divisor;  // of the results; empty: none
  const char* unit;     // "x", "%", "cells/s", "bytes"
  double reach;
  double aim;  // 0: none
  bool at_most = false;
};

constexpr std::array kGoals = {
    Goal{"train / bench_torch.py", "train_cells_per_s", "reference_train_cells_per_s", "x", 15, 25},
    Goal{"train, first steps / bench_torch.py", "train_first_steps_cells_per_s", "reference_train_cells_per_s", "x", 15,
         25},
    Goal{"infer / bench_torch.py", "infer_cells_per_s", "reference_infer_cells_per_s", "x", 20, 30},
    Goal{"infer, first steps / bench_torch.py", "infer_first_steps_cells_per_s", "reference_infer_cells_per_s", "x", 20,
         30},
    Goal{"train from the store / the same in memory", "train_from_store_cells_per_s",
         "train_same_cells_in_memory_cells_per_s", "%", 0.95, 0},
    Goal{"annotate a file / infer the same in memory", "annotate_file_cells_per_s",
         "infer_same_cells_in_memory_cells_per_s", "%", 0.70, 0},
    Goal{"loader, shuffled batches, page cache dropped", "loader_cells_per_s", "", "cells/s", 250'000, 0},
    Goal{"training's memory beyond parameters, gradients, moments", "peak_train_bytes", "", "bytes", 600e6, 0, true},
};

std::string rate(double value) {
  return core::format_count(static_cast<std::int64_t>(value));
}

std::string in_unit(double value, std::string_view unit) {
  if (unit == "x") return fmt::format("{:.1f} x", value);
  if (unit == "%") return fmt::format("{:.0f}%", 100 * value);
  if (unit == "bytes") return core::format_bytes(value);
  return rate(value);
}

/// "-" where it was not measured.
std::string rate_of(const json& results, const std::string& key) {
  return results.contains(key) ? rate(results.at(key).get<double>()) : "-";
}

std::string ratio_of(const json& results, const std::string& key, const std::string& divisor) {
  if (!results.contains(divisor)) return "-";
  return fmt::format("{:.1f} x", results.at(key).get<double>() / results.at(divisor).get<double>());
}

std::string rates_table(const json& results) {
  constexpr auto kRight = TextTable::Align::kRight;
  TextTable table({{"cells/s"},
                   {"genes in mask", kRight},
                   {"ours", kRight},
                   {"dense libtorch", kRight},
                   {"bench_torch.py", kRight},
                   {"/ libtorch", kRight},
                   {"/ bench_torch.py", kRight}});
  const auto add = [&](const char* what, const std::string& genes, const std::string& ours, const std::string& kind) {
    const std::string dense = kind + "_dense_cells_per_s", reference = "reference_" + kind + "_cells_per_s";
    table.add_row({what, genes, rate_of(results, ours), rate_of(results, dense), rate_of(results, reference),
                   ratio_of(results, ours, dense), ratio_of(results, ours, reference)});
  };
  const auto genes = [&](const char* key) { return fmt::format("{:.0f}", results.at(key).get<double>()); };
  add("train, trained masks", genes("support_trained"), "train_cells_per_s", "train");
  add("train, first steps of a new network",
      fmt::format("{} to {}", genes("support_new"), genes("support_after_first_steps")),
      "train_first_steps_cells_per_s", "train");
  add("train, bench_torch.py's vectors (53% dense)", genes("support_dense_vectors"), "train_dense_vectors_cells_per_s",
      "train");
  add("infer, trained masks", genes("support_trained_eval"), "infer_cells_per_s", "infer");
  add("infer, after the first steps", genes("support_first_steps_eval"), "infer_first_steps_cells_per_s", "infer");
  return table.text();
}

std::string goals_table(const json& goals) {
  TextTable table({{"goal"}, {"reach"}, {"aim"}, {"measured", TextTable::Align::kRight}, {""}});
  for (const json& goal : goals) {
    const auto unit = goal.at("unit").get<std::string>();
    const double aim = goal.at("aim").get<double>();
    table.add_row({goal.at("what").get<std::string>(), in_unit(goal.at("reach").get<double>(), unit),
                   aim > 0 ? in_unit(aim, unit) : "",
                   goal.contains("measured") ? in_unit(goal.at("measured").get<double>(), unit) : "-",
                   goal.at("met").get<std::string>()});
  }
  return table.text();
}

std::string steps_table(const json& results) {
  constexpr auto kRight = TextTable::Align::kRight;
  TextTable table({{"ms a batch"},
                   {"augmentation", kRight},
                   {"forward", kRight},
                   {"backward", kRight},
                   {"optimiser", kRight},
                   {"total", kRight}});
  const auto add = [&](const char* what, const char* key) {
    const json& times = results.at(key);
    const auto ms = [&](const char* part) { return fmt::format("{:.1f}", times.at(part).get<double>()); };
    table.add_row(
        {what, ms("augmentation_ms"), ms("forward_ms"), ms("backward_ms"), ms("optimiser_ms"), ms("total_ms")});
  };
  add("train, trained masks", "train_step");
  add("train, first steps", "train_step_first_steps");
  add("train, bench_torch.py's vectors", "train_step_dense_vectors");
  add("train, dense libtorch", "train_step_dense");
  add("infer, trained masks", "infer_pass");
  return table.text();
}

/// 190123456789 -> "190 G"; 0.862 -> "0.862 ".
std::string scaled(double value) {
  for (const auto& [size, prefix] : {std::pair{1e9, "G"}, std::pair{1e6, "M"}, std::pair{1e3, "k"}}) {
    if (value >= size) return fmt::format("{:.3g} {}", value / size, prefix);
  }
  return fmt::format("{:.3g} ", value);
}

std::string kernels_table(const json& kernels) {
  TextTable table({{"kernel"}, {"ms a batch", TextTable::Align::kRight}, {"counted"}});
  for (const auto& [name, entry] : kernels.items()) {
    std::string counted = entry.value("label", "");
    for (const auto& [counter, value] : entry.items()) {
      if (value.is_number() && counter != "ms")
        counted += (counted.empty() ? "" : ", ") + scaled(value.get<double>()) + counter;
    }
    table.add_row({name, fmt::format("{:.2f}", entry.at("ms").get<double>()), counted});
  }
  return table.text();
}

std::string notes(const json& results) {
  const auto number = [&](const char* key) { return results.at(key).get<double>(); };
  std::string text = fmt::format(
      "cells have {:.0f} genes; processors at work: {:.2f} training, {:.2f} inferring, {:.2f} training with --threads "
      "1\ntrain from the store {} cells/s, the same in memory {}; annotate {} cells/s, infer in memory {}\n"
      "loader with a warm page cache {} cells/s; annotate's peak memory {}\n",
      number("genes_per_cell"), number("train_processors"), number("infer_processors"),
      number("processors_on_1_thread"), rate(number("train_from_store_cells_per_s")),
      rate(number("train_same_cells_in_memory_cells_per_s")), rate(number("annotate_file_cells_per_s")),
      rate(number("infer_same_cells_in_memory_cells_per_s")), rate(number("loader_warm_cells_per_s")),
      core::format_bytes(number("annotate_peak_bytes")));
  if (!results.contains("reference_train_cells_per_s")) {
    return text + "bench_torch.py left out: it needs python3-torch and SCTAB_BENCH_REFERENCE=path/to/bench_torch.py\n";
  }
  return text + fmt::format("bench_torch.py as it comes: train {}, infer {}; with sctab's two variables: {}, {}\n",
                            rate(number("reference_plain_train_cells_per_s")),
                            rate(number("reference_plain_infer_cells_per_s")),
                            rate(number("reference_tuned_train_cells_per_s")),
                            rate(number("reference_tuned_infer_cells_per_s")));
}

}  // namespace

json describe_machine() {
  std::string processor = "unknown processor";
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (!line.starts_with("model name")) continue;
    processor = line.substr(line.find(':') + 2);
    break;
  }
  double load = 0;
  static_cast<void>(::getloadavg(&load, 1));
  json machine = {{"processor", processor}, {"processors", ::sysconf(_SC_NPROCESSORS_ONLN)}, {"load_average", load}};
  for (const char* name : {"OPENBLAS_CORETYPE", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"}) {
    const char* value = std::getenv(name);
    machine[name] = value == nullptr ? "" : value;
  }
  return machine;
}

void judge(json& results) {
  results["goals"] = json::array();
  for (const Goal& goal : kGoals) {
    json entry = {
        {"what", goal.what}, {"unit", goal.unit}, {"reach", goal.reach}, {"aim", goal.aim}, {"met", "not measured"}};
    const bool divided = *goal.divisor != '\0';
    if (results.contains(goal.key) && (!divided || results.contains(goal.divisor))) {
      const double measured =
          results.at(goal.key).get<double>() / (divided ? results.at(goal.divisor).get<double>() : 1);
      const bool met = goal.at_most ? measured <= goal.reach : measured >= goal.reach;
      entry["measured"] = measured;
      entry["met"] = !met ? "missed" : goal.aim > 0 && measured >= goal.aim ? "met, and the aim" : "met";
    }
    results["goals"].push_back(entry);
  }
}

std::string table_of(const Settings& settings, const json& results, const std::vector<std::string>& commands) {
  const json& machine = results.at("machine");
  const double load = machine.at("load_average").get<double>();
  std::string text = fmt::format(
      "{} genes, {} types, batch {}, float32; {} threads of {} processors ({}); load average {:.2f} at the start\n"
      "ours with OPENBLAS_CORETYPE={} OMP_WAIT_POLICY={} GOMP_SPINCOUNT={}\n",
      rate(static_cast<double>(settings.n_genes)), settings.n_types, rate(static_cast<double>(settings.batch_size)),
      settings.threads, machine.at("processors").get<int>(), machine.at("processor").get<std::string>(), load,
      machine.at("OPENBLAS_CORETYPE").get<std::string>(), machine.at("OMP_WAIT_POLICY").get<std::string>(),
      machine.at("GOMP_SPINCOUNT").get<std::string>());
  if (!(load <= kQuietLoad)) text += "warning: other programs are at work; these figures are worth little\n";
  if (settings.quick) text += "warning: SCTAB_BENCH_QUICK: a smoke run; the sizes are not the paper's, nor the goals\n";
  text += "\n" + rates_table(results) + "\n" + goals_table(results.at("goals")) + "\n" + steps_table(results) + "\n" +
          kernels_table(results.at("kernels")) + "\n" + notes(results) + "\ncommands\n";
  for (const std::string& command : commands) text += "  " + command + "\n";
  return text;
}

}  // namespace sctab::bench
