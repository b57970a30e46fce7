#include "sctab/train/metrics_log.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "sctab/core/error.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/staged_output.hpp"

namespace sctab::train {

void append_metrics(const std::filesystem::path& path, const EpochMetrics& metrics) {
  // nlohmann's dump() writes the shortest text that reads back as the same double, and NaN as null.
  nlohmann::ordered_json line;
  line["epoch"] = metrics.epoch;
  line["train_loss"] = metrics.train_loss;
  line["val_loss"] = metrics.val_loss;
  line["val_macro_f1"] = metrics.val_macro_f1;
  line["lr"] = metrics.lr;
  line["seconds"] = metrics.seconds;
  line["cells_per_s"] = metrics.cells_per_s;
  line["grad_norm"] = metrics.grad_norm;
  std::ofstream file(path, std::ios::app);
  file << line.dump() << '\n' << std::flush;
  if (!file)
    throw core::InputError(
        {.file = path.string(), .found = "cannot be written", .next_step = "check that the disk is not full"});
}

void truncate_metrics(const std::filesystem::path& path, std::int64_t epochs) {
  std::ifstream file(path);
  std::string kept, line;
  std::int64_t n = 0;
  for (; n < epochs && std::getline(file, line); ++n) kept += line + '\n';
  if (n < epochs) {
    throw core::InputError({.file = path.string(),
                            .found = core::plural(n, "epoch"),
                            .expected = fmt::format("{}, as in the checkpoint next to it", epochs),
                            .next_step = "remove the folder to start again"});
  }
  file.close();
  core::write_file_atomically(path, kept);
}

}  // namespace sctab::train
