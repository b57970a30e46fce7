#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "sctab/store/store.hpp"
#include "sctab/evaluate/evaluate_model.hpp"

namespace sctab::experiments {

/// A developer's own model: a shell command that trains on a store and leaves its calls of the test cells.
struct CommandRun {
  std::string command;          // as the recipe has it, with {store}, {out}, {seed} and {threads}
  std::filesystem::path calls;  // {out}: a csv, see read_calls(); what the command says is beside it, in .log
  std::uint64_t seed = 1;
  int threads = 1;
};

/// The command with its placeholders replaced, paths quoted for the shell.
std::string filled_in(const CommandRun& run, const std::filesystem::path& store);

/// Runs the command on the store and scores its calls of the test cells as evaluate_model() does a model's; without
/// probabilities there is no uncertainty. Throws Interrupted, and InputError where the command fails, leaves no csv, or
/// one that is not what is expected.
evaluate::ModelEvaluation run_command(const CommandRun& run, const store::Store& store);

/// The calls of a csv on the store's test cells. Its head is row,cell_type_ontology_term_id and perhaps probability;
/// each row of the test split is there once, counted from 0 over the test shards, with a CL id or nothing (no call).
/// Throws InputError naming file and line.
evaluate::ModelEvaluation score_calls(const std::filesystem::path& calls, const store::Store& store);

}  // namespace sctab::experiments
