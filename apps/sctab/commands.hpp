#pragma once

#include <CLI/App.hpp>

namespace sctab::cli {

/// Each adds one command to its group. Parsing the command line runs the one that is named: it calls one library
/// function and prints its result to standard output. Errors leave as exceptions; main() turns them into exit codes.
void add_corpus_build(CLI::App& corpus);
void add_corpus_describe(CLI::App& corpus);
void add_corpus_import(CLI::App& corpus);
void add_corpus_subsample(CLI::App& corpus);
void add_augment_make(CLI::App& augment);
void add_augment_check(CLI::App& augment);
void add_train(CLI::App& app);
void add_evaluate(CLI::App& app);
void add_annotate(CLI::App& app);
void add_models_import(CLI::App& models);
void add_models_list(CLI::App& models);
void add_models_show(CLI::App& models);
void add_pca(CLI::App& app);
void add_simulate(CLI::App& app);
void add_benchmark(CLI::App& app);
void add_completion(CLI::App& app);
/// `dev annotate`: annotate with options for those who work on its kernels.
void add_dev_annotate(CLI::App& dev);

}  // namespace sctab::cli
