#include <ATen/ATen.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "network_steps.hpp"
#include "sctab/core/error.hpp"
#include "sctab/model/model_directory.hpp"
#include "sctab/nn/network.hpp"
#include "sctab/train/optimizer.hpp"
#include "sctab/train/train.hpp"
#include "stages.hpp"

namespace sctab::bench {
namespace {

nlohmann::json last_epoch(const std::filesystem::path& model) {
  std::ifstream file(model / "run" / "metrics.jsonl");
  std::string last;
  for (std::string line; std::getline(file, line);) last = line;
  SCTAB_ASSERT(!last.empty());
  return nlohmann::json::parse(last);
}

std::unique_ptr<nn::Network> trained_network(const Settings& settings) {
  const model::ModelDescription description = model::read_description(settings.model());
  auto network = nn::make_network(description.architecture, 1);
  nn::load_weights(settings.model() / description.members.front(), network->state());
  return network;
}

}  // namespace

nlohmann::json store_stage(const Settings& settings) {
  train::TrainOptions options;
  options.preset = train::Preset::kPaper;
  options.batch_size = settings.batch_size;
  options.max_epochs = settings.store_epochs;
  options.threads = settings.threads;
  options.overwrite = true;
  const auto opened = store::Store::open(settings.store());
  std::filesystem::remove_all(settings.model().string() + ".run");  // of a run that was cut off
  train::train(opened, options, settings.model());
  const nlohmann::json epoch = last_epoch(settings.model());

  // The same steps with the same masks, without a loader running next to them: the difference is the loader's cost.
  const auto network = trained_network(settings);
  const std::int64_t n_types = std::ssize(opened.tables().cell_types);
  const auto batches = cells_of_store(settings, settings.n_batches);
  const double support = mean_support(*network, batches.front().x.view());
  train::Optimizer optimizer(*network, 0.05, 1);
  Trainee trainee{*network, n_types, [&] { optimizer.step(1e-4); }};
  train_steps(trainee, batches, nullptr, 2);
  const Steps in_memory = train_steps(trainee, batches, nullptr, settings.timed_steps);
  const model::Architecture architecture = model::read_description(settings.model()).architecture;
  const auto inference = inference_of(*network, architecture, settings);
  infer_steps(*inference, batches, 1);
  const Steps infer = infer_steps(*inference, batches, settings.timed_steps);
  const double from_store = epoch.at("cells_per_s").get<double>();
  return {{"train_from_store_cells_per_s", from_store},
          {"train_from_store_share", from_store / in_memory.cells_per_second()},
          {"train_same_cells_in_memory_cells_per_s", in_memory.cells_per_second()},
          {"infer_same_cells_in_memory_cells_per_s", infer.cells_per_second()},
          {"support_store_model", support},
          {"train_cells_of_store", opened.n_cells(store::Split::kTrain)},
          {"store_epochs", settings.store_epochs}};
}

}  // namespace sctab::bench
