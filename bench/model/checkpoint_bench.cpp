// Time and memory of `sctab models import` on a made-up checkpoint of the published size: the paper's TabNet over
// 19,331 genes and 164 types, with 5,000 augmentation vectors (387 MB) in the same zip, which are to be left on disk.

#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "model/published_files.hpp"
#include "sctab/core/numbers.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/model/import_checkpoint.hpp"

namespace {

namespace fs = std::filesystem;
using namespace sctab;

constexpr std::int64_t kVectors = 5'000;

model::Architecture published_architecture() {
  model::Architecture architecture;  // the paper's TabNet
  architecture.n_genes = 19'331;
  architecture.n_types = 164;
  return architecture;
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

void write_files(const model::ImportOptions& options) {
  const model::Architecture architecture = published_architecture();
  auto checkpoint = model::tests::checkpoint_of(architecture);
  std::erase_if(checkpoint.tensors, [](const auto& tensor) { return tensor.name == "augmentations"; });
  checkpoint.add("augmentations", {kVectors, architecture.n_genes},
                 std::vector<float>(static_cast<std::size_t>(kVectors * architecture.n_genes), 0.25F));
  checkpoint.write(options.checkpoint);
  write(options.hparams, model::tests::hparams_text(architecture));
  write(options.genes, model::tests::genes_text(architecture));
  write(options.labels, model::tests::labels_text(architecture));
}

/// The files below the folder for temporary files. A process of its own writes them: this one's memory is measured.
model::ImportOptions make_files(const fs::path& folder) {
  fs::create_directories(folder);
  model::ImportOptions options;
  options.checkpoint = folder / "epoch=1.ckpt";
  options.hparams = folder / "hparams.yaml";
  options.genes = folder / "var.csv";
  options.labels = folder / "cell_type.csv";
  options.output = folder / "model";
  options.overwrite = true;
  const pid_t writer = ::fork();
  if (writer == 0) {
    write_files(options);
    ::_exit(0);
  }
  int status = -1;
  ::waitpid(writer, &status, 0);
  if (status != 0) throw std::runtime_error("the checkpoint could not be written below " + folder.string());
  return options;
}

void import(benchmark::State& state) {
  core::Progress::set_quiet(true);
  const fs::path folder = fs::temp_directory_path() / "sctab-bench-checkpoint";
  const model::ImportOptions options = make_files(folder);
  const auto megabytes = [](auto bytes) { return static_cast<double>(bytes) / 1e6; };
  state.counters["checkpoint MB"] = megabytes(fs::file_size(options.checkpoint));
  state.counters["MB before"] = megabytes(core::peak_memory_bytes());
  for (auto _ : state) (void)model::import_checkpoint(options);
  state.counters["peak MB"] = megabytes(core::peak_memory_bytes());
  state.counters["model MB"] = megabytes(fs::file_size(options.output / "model.safetensors"));
  fs::remove_all(folder);
}
BENCHMARK(import)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
