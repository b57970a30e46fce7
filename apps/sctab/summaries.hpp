#pragma once

namespace sctab::cli {

/// What the commands of sctab-train do, for the help of both programs. Each command's own help goes on from here.
inline constexpr const char* kTrainSummary = "Train a cell type classifier on a store.";
inline constexpr const char* kPcaSummary = "Find the principal components of a store's training cells.";
inline constexpr const char* kSimulateSummary = "Make h5ad files of simulated cells with a known truth.";
inline constexpr const char* kBenchmarkSummary =
    "Train and evaluate what a recipe asks for: models on parts of a corpus, over seeds.";

}  // namespace sctab::cli
