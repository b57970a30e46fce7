#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/model/write_pca.hpp"
#include "summaries.hpp"

namespace sctab::cli {
namespace {

struct PcaArguments {
  std::filesystem::path store, output;
  linalg::PcaOptions options;
  int threads = 0;
  bool overwrite = false, json = false;
};

void fit_components(PcaArguments& arguments) {
  const auto result = model::write_pca(store::Store::open(arguments.store), arguments.options, arguments.threads,
                                       arguments.output, arguments.overwrite);
  if (arguments.json) {
    return print_json(
        {{"pca", arguments.output.string()},
         {"n_components", result.n_components},
         {"share_of_variance", result.share_of_variance},
         {"cells", {{"train", result.n_cells[0]}, {"val", result.n_cells[1]}, {"test", result.n_cells[2]}}},
         {"seconds", result.seconds},
         {"peak_memory_bytes", core::peak_memory_bytes()}});
  }
  fmt::print("{} components hold {:.1f}% of the training cells' variance; {:.1f} s, peak memory {}\npca: {}\n",
             result.n_components, 100 * result.share_of_variance, result.seconds, peak_memory(),
             arguments.output.string());
}

}  // namespace

void add_pca(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("pca", fmt::format("{} ", kPcaSummary) +
                                    "Uses a randomised search, which streams over the store and holds no dense matrix "
                                    "of cells. Writes a folder that NumPy opens: components.npy, mean.npy, and the "
                                    "components of all cells in train.npy, val.npy and test.npy.");
  PcaArguments& arguments = add_arguments(*command, fit_components);
  command->add_option("STORE", arguments.store, "a store made by `sctab corpus build`")->required();
  add_output(*command, arguments.output, "PCA", "the folder");
  add_overwrite(*command, arguments.overwrite, "result of pca");
  add_number(*command, "--components", arguments.options.n_components, "how many; the paper uses 256")
      ->check(at_least(1));
  add_number(*command, "--power-iterations", arguments.options.power_iterations,
             "passes over the cells that sharpen the components")
      ->check(from_to(1, 1000));
  add_seed(*command, arguments.options.seed, "the directions that the search begins with");
  add_threads(*command, arguments.threads);
  add_memory(*command);
  add_json(*command, arguments.json);
}

}  // namespace sctab::cli
