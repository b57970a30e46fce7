#include "sctab/model/write_pca.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <numeric>

#include "sctab/core/interrupt.hpp"
#include "sctab/core/json_file.hpp"
#include "sctab/core/output_folder.hpp"
#include "sctab/core/progress.hpp"
#include "sctab/formats/npy/npy.hpp"
#include "sctab/kernels/parallel.hpp"
#include "sctab/store/loader.hpp"
#include "sctab/store/reader_threads.hpp"

namespace sctab::model {
namespace {

constexpr const char* kMarker = "pca.json";
constexpr const char* kGenesFile = "genes.tsv";
constexpr const char* kComponents = "components.npy";
constexpr const char* kMean = "mean.npy";

std::string scores_file(store::Split split) {
  return fmt::format("{}.npy", store::name(split));
}

/// "a finished result of pca: 50 components of blood".
std::string describe_finished_pca(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kMarker;
  const nlohmann::json json = core::read_json(path);
  const core::JsonFields fields(json, {.file = path.string()});
  return fmt::format("a finished result of pca: {} components of {}", fields.get<std::int64_t>("n_components"),
                     fields.get<std::string>("store"));
}

core::FolderKind pca_folder() {
  const auto is_ours = [](const std::string& name) {
    const auto is_of = [&name](store::Split split) { return name == scores_file(split); };
    return name == kMarker || name == kGenesFile || name == kComponents || name == kMean ||
           std::ranges::any_of(store::kSplits, is_of);
  };
  return {.noun = "result of pca", .marker = kMarker, .is_ours = is_ours, .describe = describe_finished_pca};
}

void write_matrix(const std::filesystem::path& path, std::span<const float> values, std::int64_t n_columns) {
  npy::Writer file(path, std::ssize(values) / n_columns, n_columns);
  file.append(values);
  file.close();
}

void write_scores(const std::filesystem::path& path, const linalg::Pca& pca, const store::Store& store,
                  store::Split split, int threads) {
  npy::Writer file(path, store.n_cells(split), pca.n_components);
  store::Loader loader(store, split, {.shuffle = false, .threads = store::reader_threads(threads)});
  core::Progress progress(fmt::format("projecting {}", store::name(split)), store.n_cells(split));
  std::vector<float> scores;
  for (store::Batch batch; loader.next(batch); progress.advance(batch.x.n_cells)) {
    core::check_interrupt();
    scores.resize(static_cast<std::size_t>(batch.x.n_cells * pca.n_components));
    pca.project(batch.x.view(), scores);
    file.append(scores);
  }
  file.close();
  progress.finish();
}

}  // namespace

PcaResult write_pca(const store::Store& store, const linalg::PcaOptions& options, int threads,
                    const std::filesystem::path& out, bool overwrite) {
  const auto start = std::chrono::steady_clock::now();
  options.validate();
  core::StagedFolder staged(out, pca_folder(), overwrite);
  kernels::set_threads(threads);
  const linalg::Pca pca = linalg::fit_pca(store, options, threads);
  const std::filesystem::path& folder = staged.path();
  std::filesystem::create_directories(folder);
  genes::write_genes_tsv(folder / kGenesFile, store.genes());
  write_matrix(folder / kComponents, pca.components, pca.n_components);
  write_matrix(folder / kMean, pca.mean, 1);
  PcaResult result;
  for (const store::Split split : store::kSplits) {
    result.n_cells[static_cast<std::size_t>(split)] = store.n_cells(split);
    write_scores(folder / scores_file(split), pca, store, split, threads);
  }
  core::write_json(folder / kMarker, {{"format_version", 1},
                                      {"store", store.directory().filename().string()},
                                      {"store_hash", store.hash()},
                                      {"n_cells", pca.n_cells},
                                      {"n_components", pca.n_components},
                                      {"power_iterations", options.power_iterations},
                                      {"oversampling", options.oversampling},
                                      {"seed", options.seed},
                                      {"total_variance", pca.total_variance},
                                      {"variance", pca.variance}});
  staged.commit();
  result.n_components = pca.n_components;
  result.share_of_variance = std::accumulate(pca.variance.begin(), pca.variance.end(), 0.0) / pca.total_variance;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace sctab::model
